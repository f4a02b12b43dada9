"""The card of the generator's own student, written from what was measured; no figure is typed by hand."""

from __future__ import annotations

import json

from companion.distill.llama import WEIGHTS, LlamaStudent, parameters
from companion.distill.llama_training import SHIPPED_SOFT
from companion.models.weights import file_sha256
from companion.stored import stored

TEXT = """# The generator's own student

A Llama of {parameters:,} numbers over {pieces:,} word pieces, fp16: from a question and one passage to an answer with
its citation, or a refusal. `companion.distill.llama.LlamaStudent.load()` loads it; `python -m companion.distill.llama`
trains it again: {steps:,} steps of 16 questions, {minutes:.0f} minutes of two busy cores once the teacher has answered.
`python -m companion.build reference across` writes this card, from the stored runs.

Its teacher is the shipped generator, which answered {answers:,} questions, each with one passage, about made-up
companies that are not Kestrel. More than a quarter of the passages do not hold the answer, and in half of the questions
the products got new made-up names. The right answers were thrown away. Of the loss on an answer, {words:.0%} is for the
teacher's words and {soft:.0%} for its probabilities at each of them; the student also learned to go on with its own
prompts, for without that it hardly learns to copy from the passage. Of 512 questions held back, about yet other
companies, it answered {agreement:.0%} token for token as its teacher did.

## Measured on Kestrel, whose products no training saw

| | exact, with its citation | refused, with a page of another product | tokens a second |
|---|---|---|---|
| the student | {student[exact]:.1%} | {student[refused]:.1%} | {student[tokens_per_second]:.0f} |
| its teacher | {teacher[exact]:.1%} | {teacher[refused]:.1%} | {teacher[tokens_per_second]:.0f} |

200 questions with the right page and 50 with a wrong one, one at a time ({machine}).
Of 200 wrong pages the student refused {refused:.1%}; with 50, a share has a standard error of 7 points.

## Limits

It reads the first passage only, and it answers more than half of the wrong pages with what stands there, or with
nonsense. It knows this one task, in one shop. Its word embeddings began as the generator's (Apache 2.0), cut to 128
numbers; all else was random. Data: `companion.world`, CC0.
sha256 of `model.safetensors`: `{sha256}`.
"""


def text() -> str:
    """The card, filled from the stored runs "writers" and "across" and from the weights."""
    run, student = stored("writers"), LlamaStudent.load()
    row = next(row for row in run["rows"] if (row["soft"], row["seed"]) == (SHIPPED_SOFT, 0))
    many = next(row for row in stored("across")["rows"] if row["way"] == "as it ships")
    training = json.loads((WEIGHTS / "training.json").read_text(encoding="utf-8"))
    return TEXT.format(
        parameters=parameters(student.model), pieces=len(student.tokenizer), soft=SHIPPED_SOFT, words=1 - SHIPPED_SOFT,
        student=row["student"], teacher=row["teacher"], machine=run["machine"], refused=many["refused"],
        sha256=file_sha256(WEIGHTS / "model.safetensors"), **training,
    )  # fmt: skip


def write() -> None:
    """Put the card beside the weights."""
    (WEIGHTS / "README.md").write_text(text(), encoding="utf-8")
