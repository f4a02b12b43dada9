"""RAG, fine-tuning and distillation, each one built, measured and compared; the folders are the syllabus."""

import logging
import sys

__version__ = "0.1.0"

# peft loads bitsandbytes, which on some CPUs warns of a kernel that it could fetch from the hub; no result changes
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)

if "ipykernel" in sys.modules:  # a notebook; elsewhere nothing is imported here
    from IPython import get_ipython as _shell

    if _shell() is not None:
        from companion import watching as _watching

        _watching.begin(_shell())
