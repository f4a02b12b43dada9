# Thin: everything that matters is in course.py and in the package.
ifeq ($(OS),Windows_NT)
PYTHON ?= python
VENV = .venv/Scripts/python.exe
else
PYTHON ?= python3
VENV = .venv/bin/python
endif

.PHONY: lab test setup wheels notebooks exercises generator reader

lab test setup wheels:
	$(PYTHON) course.py $@

$(VENV):
	$(PYTHON) course.py setup

notebooks: | $(VENV)  ## notebooks/text -> notebooks, executed
	$(VENV) -m companion.build notebooks

exercises: | $(VENV)  ## exercises/text -> exercises/source and release
	$(VENV) -m companion.build exercises

generator: | $(VENV)  ## train the shipped generator
	$(VENV) -m companion.models.recipes.generator

reader: | $(VENV)  ## train the shipped reader
	$(VENV) -m companion.models.recipes.reader
