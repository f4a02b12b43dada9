"""notebooks/text/glossary.md, from companion/show/glossary.toml: the one text that is written by a program."""

from pathlib import Path

from companion.build import ROOT, BuildError
from companion.show.glossary_page import Term, terms, topics

PAGE = Path("notebooks", "text", "glossary.md")
OPENING = """---
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# Glossary · 术语表

**{count} terms of the course, in English and Chinese.** Each is linked to the cell that shows it. In JupyterLab the
link goes to that very cell; a notebook that was closed may open at its top, then click once more.
*课程中的 {count} 个术语，中英对照；右栏链接指向课程中展示该术语的单元格。*

Run the next cell to search: type part of a word, in English or 中文.

```{{code-cell}} ipython3
:tags: [widget]

from companion.show import glossary

glossary()
```
"""
HEAD = "| term | 中文 | in plain words | shown in |\n|---|---|---|---|"
CLOSING = (
    "[Start here](0_start_here.ipynb) has the map of the course, [the ledger](ledger.ipynb) what you have measured."
)


def main(root: Path = ROOT) -> int:
    """Write the page; returns the exit status."""
    (root / PAGE).write_text(page(), encoding="utf-8", newline="\n")
    print(f"{PAGE.as_posix()}: {len(terms())} terms")
    return 0


def page() -> str:
    """The page as MyST Markdown. BuildError for a term whose cell is not there."""
    try:
        tables = [f"## {title}\n\n{HEAD}\n" + "\n".join(map(row, some)) for title, some in topics().items()]
    except ValueError as error:
        raise BuildError(str(error)) from error
    return "\n\n".join([OPENING.format(count=len(terms())).strip(), *tables, CLOSING]) + "\n"


def row(term: Term) -> str:
    """One line of a table."""
    link = f"[{term.notebook}]({term.place.address})"
    return (
        f"| **{cell(term.term)}** | {cell(term.chinese)} | {cell(term.means)}<br>{cell(term.means_chinese)} | {link} |"
    )


def cell(said: str) -> str:
    """Text inside a table of Markdown."""
    return said.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
