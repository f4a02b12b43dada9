"""The card of the Fusion-in-Decoder reader, written from what was measured; no number is typed by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping

from companion.models.weights import file_sha256
from companion.rag.fid import WEIGHTS

TEXT = """# The Fusion-in-Decoder reader

A LoRA adapter (rank 32, fp16) and a head for `sentence-transformers/all-MiniLM-L6-v2`, as the shipped generator has
them, and begun from the generator's. It reads each passage alone, with the question, and writes while it looks at all
of them (2007.01282). One softmax serves self-attention and cross-attention, and both sides share their weights, where
the paper's T5 has a decoder of its own. `companion.rag.fid.load_fusion()` loads it.

Recipe: `python -m companion.rag.fid_training`: {steps} steps of 60 passages, two to twenty a question, at 1e-4, on
made-up companies that share no product name with Kestrel; {minutes:.0f} minutes on a part of one busy CPU core. The
weights that validated best were kept. Longer training made it worse: at 3e-4 the loss was near 0 after 20 steps, and
questions worded otherwise than in training went from 79% right to 65% by step 150.

## Measured on Kestrel, whose products no training saw

Passages are those that hybrid search returns. *Exact* means that value and citation are right.

| passages | right one found | exact | exact, of those found | before this training | the generator, pasted together |
|---|---|---|---|---|---|
{rows}

In search's order the right passage has a small number, and the training shows no gain. With twenty passages shuffled,
{shuffled:.0%} are exact; before the training {start_shuffled:.0%}, though {start_value:.0%} of the values were right:
the generator had practised citing the numbers one to five.

Refused when the right passage was left out of five: {refused:.0%} (the generator: {pasted_refused:.0%}).
A mean over {questions} questions a row: a share has a standard error of up to {error:.0f} points.

## Limits

It was raised in one shop. It cites passages by numbers up to 20. Data: `companion.world`, CC0. Weights of the backbone:
Apache 2.0, not part of this folder.
sha256 of `adapter_model.safetensors`: `{adapter}`; of `head.safetensors`: `{head}`.
"""


FILES = {"adapter": "adapter_model", "head": "head"}


def write(numbers: Mapping[str, float]) -> None:
    """Fill the card with the numbers that `reference_frontier_rag.fid` reads off the stored run."""
    from companion.rag.fid_measure import COUNTS, QUESTIONS

    rows = []
    for count in COUNTS:
        shares = [numbers[f"fid.apart.{what}.{count}"] for what in ("found", "exact", "of_found")]
        pasted = numbers.get(f"fid.pasted.exact.{count}")
        cells = [f"{share:.0%}" for share in [*shares, numbers[f"fid.untrained.exact.{count}"]]]
        cells.append("too long" if pasted is None else f"{pasted:.0%}")
        rows.append(f"| {count} | " + " | ".join(cells) + " |")
    training = json.loads((WEIGHTS / "training.json").read_text(encoding="utf-8"))
    sums = {name: file_sha256(WEIGHTS / f"{file}.safetensors") for name, file in FILES.items()}
    text = TEXT.format(
        rows="\n".join(rows), questions=5 * QUESTIONS, error=50 / (5 * QUESTIONS) ** 0.5, steps=training["steps"],
        minutes=training["minutes"], refused=numbers["fid.apart.refusals.refused"],
        pasted_refused=numbers["fid.pasted.refusals.refused"], shuffled=numbers["fid.apart.shuffled.exact"],
        start_shuffled=numbers["fid.untrained.shuffled.exact"], start_value=numbers["fid.untrained.shuffled.value"],
        **sums,
    )  # fmt: skip
    (WEIGHTS / "README.md").write_text(text, encoding="utf-8")
