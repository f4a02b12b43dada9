"""RAG, fine-tuning and distillation, each one built, measured and compared; the folders are the syllabus."""

__version__ = "0.1.0"
