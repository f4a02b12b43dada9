"""Notebooks: notebooks/text/*.md -> notebooks/*.ipynb, executed."""

from collections.abc import Callable, Iterable
from pathlib import Path

from companion.build import ROOT, BuildError, glossary
from companion.build.run import clean, execute, problems
from companion.build.text import differences, from_ledger, planned, write


def texts(folder: Path, names: Iterable[str] = ()) -> list[Path]:
    """The texts in `folder`, or those of the given names (`1_1_rag` or `1_1_rag.md`)."""
    found = {path.stem: path for path in sorted(folder.glob("*.md"))}
    wanted = [Path(name).stem for name in names] or list(found)
    for name in wanted:
        if name not in found:
            raise BuildError(f"No text '{name}.md' in {folder}: there are {', '.join(found) or 'none'}.")
    return [found[name] for name in wanted]


def build_one(text: Path, notebook: Path, timeout: int = 60, fill: Callable[[str], str] = from_ledger) -> float:
    """Convert, run, clean, write; a notebook with a problem is not written. Returns the seconds it ran."""
    fresh = planned(text, notebook, fill)
    notebook.parent.mkdir(parents=True, exist_ok=True)
    seconds = execute(fresh, notebook.parent, timeout)
    if found := problems(fresh):
        raise BuildError(f"{text.name}: " + "; ".join(found))
    write(clean(fresh), notebook)
    return seconds


def main(names: list[str], check: bool = False, timeout: int = 60, root: Path = ROOT) -> int:
    """Build, or with `check` compare, and print a line for each notebook. Returns the exit status."""
    folder, status = root / "notebooks", 0
    for text in texts(folder / "text", names):
        if text.stem == "glossary" and not check:
            glossary.main(root)  # it points at cells of the notebooks that were built before it
        notebook = folder / f"{text.stem}.ipynb"
        if check:
            found = differences(text, notebook)
            print("\n".join(found) or f"{notebook.name}: text and notebook agree")
            status |= bool(found)
        else:
            print(f"{notebook.name}: {build_one(text, notebook, timeout):.0f} s")
    return status
