"""Peak memory of one step of work, each in a Python of its own, and the bytes that a path has to keep.

`python -m companion.compare.memory STEP` prints the megabytes that the process had at its largest.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

from companion.rag.kestrel import PATH as VECTORS


def nothing() -> None:
    """Python with torch and transformers: what every row pays."""
    import torch  # noqa: F401
    import transformers  # noqa: F401


def quote() -> None:
    """BM25 with the best sentence."""
    from companion.compare.ways import answerer, asked

    answer = answerer("bm25")
    for question in asked(0, 5):
        answer(question.text)


def ask() -> None:
    """Retrieval and generation."""
    from companion.compare.ways import answerer, asked

    answer = answerer("rag")
    for question in asked(0, 5):
        answer(question.text)


def tune() -> None:
    """LoRA on the mail, a few steps."""
    from companion.compare.fit import weak_teacher

    weak_teacher(640, 0, steps=5, bf16=False)


def sort() -> None:
    """The fine-tuned sorter at work."""
    from companion.models import load_sorter
    from companion.world.utterances import mail

    load_sorter().predict(mail("test")[0][:20])


def distil() -> None:
    """The teacher's passes and some steps of its student; the teacher is not trained here."""
    from companion.compare.fit import taught_by
    from companion.distill.measure import learn
    from companion.models import load_sorter

    taught, _ = taught_by(load_sorter())
    learn(taught, "cnn", "soft", 0, progress=False, steps=20)


def student() -> None:
    """The student at work, with the encoder's tokenizer and nothing else of it."""
    from companion.distill.students import make_student
    from companion.world.utterances import INTENTS, mail

    make_student("cnn", 30_522, INTENTS, dim=64, filters=64).predict(mail("test")[0][:20])


STEPS: dict[str, Callable[[], None]] = {
    "nothing": nothing,
    "quote": quote,
    "ask": ask,
    "tune": tune,
    "sort": sort,
    "distil": distil,
    "student": student,
}


def peak_mb() -> float:
    """The largest resident size of this process so far, in megabytes of 10^6 bytes."""
    info = psutil.Process().memory_info()
    if hasattr(info, "peak_wset"):  # Windows
        return info.peak_wset / 1e6
    status = Path("/proc/self/status")
    if status.exists():  # Linux: getrusage would count the process that started this one
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024 / 1e6
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def peak_of(step: str) -> dict[str, float]:
    """Peak megabytes of a step, in a process that does nothing else. Raises ValueError for an unknown step."""
    if step not in STEPS:
        raise ValueError(f"There is no step {step!r}: choose one of {', '.join(STEPS)}.")
    command = [sys.executable, "-m", "companion.compare.memory", step]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {"megabytes": float(printed.split()[-1])}


def kept_mb() -> dict[str, float]:
    """Megabytes on disk that each path adds to what is installed: index, adapter with its head, student."""
    from companion.distill.students import make_student
    from companion.models.sorter import ADAPTER
    from companion.world import world
    from companion.world.utterances import INTENTS

    texts = sum(len(a.text.encode()) + len(a.title.encode()) for a in world(0).articles)
    adapter = sum(file.stat().st_size for file in ADAPTER.glob("*.safetensors"))
    student = sum(p.numel() for p in make_student("cnn", 30_522, INTENTS, dim=64, filters=64).parameters())
    sizes = {"bm25": texts, "rag": texts + VECTORS.stat().st_size, "finetune": adapter, "distill": 4 * student}
    return {way: round(size / 1e6, 2) for way, size in sizes.items()}


def deployed_mb() -> dict[str, float]:
    """Megabytes on disk that answer for each path, the encoder's and the generator's weights among them."""
    from companion.models.generator import ADAPTERS
    from companion.models.weights import installed_encoder

    kept = kept_mb()
    encoder = (installed_encoder() / "model.safetensors").stat().st_size / 1e6
    writer = sum(file.stat().st_size for file in (ADAPTERS / "generator").glob("*.safetensors")) / 1e6
    added = {"bm25": 0.0, "rag": encoder + writer, "finetune": encoder, "distill": 0.0}
    return {way: round(size + added[way], 2) for way, size in kept.items()}


if __name__ == "__main__":
    STEPS[sys.argv[1]]()
    print(round(peak_mb(), 1))
