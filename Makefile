# Thin: everything that matters is in course.py and in the package.
ifeq ($(OS),Windows_NT)
PYTHON ?= python
VENV = .venv/Scripts/python.exe
else
PYTHON ?= python3
VENV = .venv/bin/python
endif

.PHONY: lab test setup wheels notebooks exercises release grade reference runs generator reader sorter

lab test setup wheels:
	$(PYTHON) course.py $@

$(VENV):
	$(PYTHON) course.py setup

notebooks: | $(VENV)  ## notebooks/text -> notebooks, executed
	$(VENV) -m companion.build notebooks

exercises: | $(VENV)  ## exercises/text -> exercises/source and release
	$(VENV) -m companion.build exercises

release: | $(VENV)  ## the students' notebooks, from the instructors'
	$(VENV) -m companion.build release

grade: | $(VENV)  ## make grade FOLDER=...
	$(VENV) -m companion.build grade "$(FOLDER)"

reference: | $(VENV)  ## measure anew what the texts quote
	$(VENV) -m companion.build reference

runs: | $(VENV)  ## measure the stored runs anew, from where they stopped
	$(VENV) -m companion.build runs

generator: | $(VENV)  ## train the shipped generator
	$(VENV) -m companion.models.recipes.generator

reader: | $(VENV)  ## train the shipped reader
	$(VENV) -m companion.models.recipes.reader

sorter: | $(VENV)  ## train the shipped mail sorter
	$(VENV) -m companion.finetune.sorter
