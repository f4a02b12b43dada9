"""The generator's card, written from what was measured; no number is typed by hand."""

from companion.models.generator import ADAPTERS
from companion.models.weights import file_sha256

TEXT = """# The shop's generator

A LoRA adapter (rank 32, fp16) and a head for `sentence-transformers/all-MiniLM-L6-v2`, run as a causal language
model whose prompt is read in both directions (prefix mask). It answers from up to five short passages and cites one,
refuses, writes a customer's message, replies to one, and rewrites a sentence in the brand's voice.
**It was raised in one shop and speaks only shop.**

Recipe: `make generator` (`companion/models/recipes/generator.py`): 4,200 steps of 16 examples from one passage up to
five, then 2,200 more at five, most of them on the passages that search really finds, four answers in ten being refusals
and four batches in ten for the desk, on 200 made-up companies that share no product name with Kestrel; the weights are
the mean of both rounds (2203.05482).
The weights that ship were trained this way on two CPU cores, with these differences: part of the wordings was added on
the way, and the second round came in four (1,300 steps with fewer refusals; 2,200; 900 with more of the desk's tasks;
900 on passages found by search), with the mean taken after each. No step saw a held-out wording or one of those kept
for validation. A run from the start has all wordings from the start.

## Measured on Kestrel, whose products no training saw

Passages are those that hybrid search really returns, rivals and superseded pages included. *Exact* and *cited* count
questions whose right page was among the passages; *whole chain* counts all. {count} questions a row, drawn by a seed.

| passages | wording | page found | exact | cited = gold | both | whole chain | median ms |
|---|---|---|---|---|---|---|---|
{rows}

Refused when no passage holds the answer: {refusal:.1%}; in held-out wordings {held_out_refusal:.1%}.
In held-out wordings both the questions and the articles are worded as no training saw them.

The desk's other tasks, each on what no training saw: {writes:.0%} of 80 messages written for an intent lie nearest to
what customers wrote for it; {replies:.0%} of the replies to a stranger's 120 requests lie nearest to the gold replies
of the right intent; of 40 sentences rewritten in the brand's voice {facts_kept:.0%} keep every name and number and
{in_voice:.0%} end as the brand does.

Data: made by `companion.world`, CC0. Weights of the backbone: Apache 2.0, not part of this folder.
sha256 of `adapter_model.safetensors`: `{adapter}`; of `head.safetensors`: `{head}`.
"""


def write(numbers: dict[str, float], count: int) -> None:
    """Fill the card of the shipped generator with the numbers of `companion.rag.generator_card.card`."""
    places = [
        ("1", "usual", "at_1"),
        ("3", "usual", "at_3"),
        ("5", "usual", "at_5"),
        ("5", "held out", "held_out_at_5"),
    ]
    keys = ("retrieved", "exact", "cited", "cited_and_exact", "whole_chain")
    rows = [
        f"| {k} | {wording} | "
        + " | ".join(f"{numbers[f'{place}.{key}']:.1%}" for key in keys)
        + f" | {numbers[f'{place}.milliseconds']:.0f} |"
        for k, wording, place in places
    ]
    folder = ADAPTERS / "generator"
    sums = {name: file_sha256(folder / f"{name}.safetensors") for name in ("adapter_model", "head")}
    text = TEXT.format(
        rows="\n".join(rows), count=count, refusal=numbers["refusal"], held_out_refusal=numbers["held_out_refusal"],
        adapter=sums["adapter_model"], head=sums["head"],
        **{name: numbers[f"desk.{name}"] for name in ("writes", "replies", "facts_kept", "in_voice")},
    )  # fmt: skip
    (folder / "README.md").write_text(text, encoding="utf-8")
