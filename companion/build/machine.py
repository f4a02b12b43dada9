"""This machine in words, for what was measured on it."""

import os
import platform


def machine() -> str:
    """ "2 cores, x86_64, Linux, Python 3.11.2"."""
    return f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
