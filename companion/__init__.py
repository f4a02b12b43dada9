"""RAG, fine-tuning and distillation, each one built, measured and compared; the folders are the syllabus."""

import logging

__version__ = "0.1.0"

# peft loads bitsandbytes, which on some CPUs warns of a kernel that it could fetch from the hub; no result changes
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)
