"""`python -m benchmarks.report`: results as the table of benchmarks/README.md; no number is typed by hand."""

from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Figure, read

README = Path(__file__).parent / "README.md"
HEAD = """# Benchmarks

Written by `python -m benchmarks.report` from the files in `results/`. To measure again:

```
python -m benchmarks.scifact    # public retrieval figures; needs COMPANION_DATA, or `pip install datasets`
python -m benchmarks.reader     # the same data folder
python -m benchmarks.company
python -m benchmarks.start
python -m benchmarks.edge       # read off a stored run
python -m benchmarks.router     # the same data folder
python -m benchmarks.intents    # the same data folder; many hours, each row is kept, start it again at will
python -m benchmarks.students   # the same data folder
python -m benchmarks.intents --figures
python -m benchmarks.students --figures
python -m benchmarks.report
```

Other people's code is compared in the tests: `tests/test_finetune_lora.py` holds our LoRA against peft's own layer, and
`tests/test_distill_others.py` our losses against the formulas of TextBrewer and mdistiller, written out by hand there.
Those two libraries are not run.
"""


def table() -> str:
    """All results as Markdown."""
    parts = [HEAD]
    for name, (about, figures) in read().items():
        m = about["machine"]
        place = f"{m['cpu']}, {m['cores']} cores, {m['threads']} threads, {m['os']}"
        versions = f"Python {m['python']}, torch {m['torch']}, transformers {m['transformers']}"
        parts.append(f"## {name}\n\n| measured | value | target | met |\n|---|---|---|---|")
        parts[-1] += "".join("\n" + row(figure) for figure in figures)
        notes = dict.fromkeys(f"- {figure.how}" for figure in figures if figure.how)
        if notes:
            parts.append("\n".join(notes))
        parts.append(f"On {place}; {versions}; {about['date']}.")
    return "\n\n".join(part.strip() for part in parts) + "\n"


# What the front page shows: the file of results, the figure's name there, its name on the front page.
FRONT = [
    ("start", "first answer from a cold kernel", "first answer from a cold kernel"),
    ("start", "import companion", "`import companion`"),
    ("company", "recall@5, hybrid, by reciprocal rank", "Kestrel: right article among five (recall@5)"),
    ("company", "exact answer, 5 passages", "Kestrel: exact answer from five retrieved passages"),
    ("company", "cited the right article, 5 passages", "Kestrel: cited article is the right one"),
    ("company", "exact answer, 5 passages, held-out phrasings", "Kestrel: exact answer, wordings never trained on"),
    ("company", "refuses, no passage holds it", "Kestrel: refuses when no passage holds the answer"),
    ("company", "an answer from 5 passages takes, median", "an answer from five passages, median"),
    ("scifact", "all-MiniLM-L6-v2, 256 tokens, mean pooling", "SciFact nDCG@10, this encoder"),
    ("scifact", "BM25, k1 0.9, b 0.4, PyStemmer", "SciFact nDCG@10, BM25"),
    ("reader", "F1 of the best span", "SQuAD, held-out articles: F1"),
    ("reader", "exact match of the best span", "SQuAD, held-out articles: exact match"),
    ("reader", "refuses where the passage does not answer", "SQuAD, held-out articles: refuses rightly"),
    ("reader", "right passage among five", "SQuAD, whole chain: right passage among five"),
    ("reader", "right passage and exactly the right span", "SQuAD, whole chain: right passage, exact span"),
    ("router", "CLINC150, 10 a class: out-of-scope AUROC", "CLINC150, 10 a class: out-of-scope AUROC"),
    ("intents", "BANKING77, 10 a class, LoRA: accuracy", "BANKING77, 10 a class: accuracy, LoRA"),
    ("intents", "BANKING77, all training texts, probe: accuracy", "BANKING77, all training texts: accuracy, probe"),
    ("intents", "BANKING77, all training texts, LoRA: accuracy", "the same, LoRA"),
    ("intents", "BANKING77, all training texts, all weights: accuracy", "the same, all weights"),
    (
        "students",
        "BANKING77: what the CNN keeps of the encoder's accuracy",
        "BANKING77: what a small CNN keeps of its teacher",
    ),
    ("students", "BANKING77: CNN faster than the encoder, batch 1", "the same CNN, faster than its teacher by"),
    ("edge", "mail, student in eight bits: size", "a mail student in eight bits, with its word pieces"),
    ("edge", "mail, student in eight bits: a text takes", "the same, a letter on one thread"),
]


def front() -> str:
    """The few figures of the project's README, as one table, with the machine under it."""
    results, lines = read(), ["| measured | value | target | met |", "|---|---|---|---|"]
    for name, what, label in FRONT:
        lines += [row(replace(f, what=label)) for f in results[name][1] if f.what == what]
    m = results["company"][0]["machine"]
    return "\n".join(lines) + f"\n\nOn {m['cpu']}, {m['cores']} cores, no GPU."


def fill_front(text: str, filling: str) -> str:
    """`text` with what stands between its two marks replaced."""
    head, rest = text.split("<!-- figures -->")
    return f"{head}<!-- figures -->\n{filling}\n<!-- end of figures -->{rest.split('<!-- end of figures -->')[1]}"


def row(figure: Figure) -> str:
    """One line of the table."""
    met = {True: "yes", False: "**no**", None: ""}[figure.met]
    unit = f" {figure.unit}" if figure.unit else ""
    spread = "" if figure.spread is None else f" ± {shown(figure.spread)}"
    return f"| {figure.what} | {shown(figure.value)}{spread}{unit} | {figure.target} | {met} |"


def shown(value: float) -> str:
    """Counts as they are, the rest to three figures after the point, or two where it is large."""
    if float(value).is_integer() and abs(value) > 1:
        return f"{value:.0f}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


if __name__ == "__main__":
    README.write_text(table(), encoding="utf-8")
    top = README.parents[1] / "README.md"
    top.write_text(fill_front(top.read_text(encoding="utf-8"), front()), encoding="utf-8")
    print(table())
