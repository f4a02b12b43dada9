"""`python -m benchmarks.report`: results as the table of benchmarks/README.md; no number is typed by hand."""

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
python -m benchmarks.report
```
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


def row(figure: Figure) -> str:
    """One line of the table."""
    met = {True: "yes", False: "**no**", None: ""}[figure.met]
    unit = f" {figure.unit}" if figure.unit else ""
    return f"| {figure.what} | {shown(figure.value)}{unit} | {figure.target} | {met} |"


def shown(value: float) -> str:
    """Counts as they are, the rest to three figures after the point, or two where it is large."""
    if float(value).is_integer() and abs(value) > 1:
        return f"{value:.0f}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


if __name__ == "__main__":
    README.write_text(table(), encoding="utf-8")
    print(table())
