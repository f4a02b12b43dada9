"""How long a learner waits: from a cold kernel to the first answer, and for `import companion`."""

import subprocess
import sys
import time
from statistics import median

from jupyter_client.manager import start_new_kernel

from benchmarks.figures import Figure, write

RUNS = 5
FIRST_CELL = """
from companion.rag import RAGPipeline, kestrel_index
print(RAGPipeline(kestrel_index()).answer("How long is the warranty of the Merlin 2 Pro?").text)
"""
IMPORT = "import time; t = time.perf_counter(); import companion; print(time.perf_counter() - t)"


def first_answer() -> float:
    """Seconds from asking for a kernel to the end of the first cell."""
    began = time.perf_counter()
    manager, client = start_new_kernel()
    try:
        reply = client.execute_interactive(FIRST_CELL, timeout=120, output_hook=lambda _: None)
        if reply["content"]["status"] != "ok":
            raise RuntimeError(f"The first cell failed: {reply['content'].get('evalue')}")
        return time.perf_counter() - began
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def importing() -> float:
    """Seconds of `import companion` in a fresh interpreter."""
    return float(subprocess.run([sys.executable, "-c", IMPORT], check=True, capture_output=True, text=True).stdout)


def main() -> None:
    how = f"Median of {RUNS} fresh processes; the files are in the system's cache after the first."
    seconds, imports = ([run() for _ in range(RUNS)] for run in (first_answer, importing))
    write(
        "start",
        [
            Figure("first answer from a cold kernel", median(seconds), "s", high=10, how=how),
            Figure("slowest of the runs", max(seconds), "s", how=how),
            Figure("import companion", median(imports), "s", high=0.3, how=how),
        ],
    )


if __name__ == "__main__":
    main()
