"""Two sets to begin with: an invented bicycle workshop that ships, and real public text where the data are there."""

from __future__ import annotations

import csv
import os
import shutil
import tomllib
from pathlib import Path
from random import Random
from typing import Any

from companion.capstone.csvs import write_csv
from companion.capstone.project import Project
from companion.capstone.saved import write_text
from companion.choose.needs import Needs
from companion.ledger import path as ledger_path

SAMPLE = Path(__file__).parent / "data" / "sample"
ARTICLES, QUESTIONS, INTENTS, MESSAGES = 3, 40, 8, 25  # of the real set: drawn by seed, messages of each intent


def copy_sample(folder: str | Path | None = None, **options: Any) -> Project:
    """A copy of the workshop's documents, messages, questions and needs, as a project; what is there already stays.

    folder: None is `capstone` in COMPANION_HOME. options: go to `Project`, such as encoder="a name of the hub".
    """
    folder = Path(folder or ledger_path().parent / "capstone").expanduser()
    for source in sorted(path for path in SAMPLE.rglob("*") if path.is_file()):
        target = folder / source.relative_to(SAMPLE)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return Project(folder, **options)


def read_needs(path: str | Path) -> Needs:
    """The needs in a TOML file, one name a line.

    Raises, in one sentence, FileNotFoundError where there is none, and ValueError for a name that is no need.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no {path.name} in {path.parent}: copy {SAMPLE / 'needs.toml'} to that folder."
        )
    try:
        return Needs(**tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not in UTF-8: save it again as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name} is no TOML ({error}): write one `name = value` a line.") from error
    except TypeError as error:
        known = ", ".join(Needs.__dataclass_fields__)
        raise ValueError(f"{path.name} has a name that is no need: use {known}.") from error


def real_sample(folder: str | Path, seed: int = 0, data: str | Path | None = None, **options: Any) -> Project:
    """A project of public text: Wikipedia articles with people's questions (SQuAD), letters to a bank (BANKING77).

    The articles are among the eight that the shipped reader was not trained on. data: a folder with three files, None
    is the one that COMPANION_DATA names: squad/dev-v1.1.json.zip (github.com/rajpurkar/SQuAD-explorer),
    xquad/xquad.en.json (google-deepmind/xquad), banking77/train.csv (PolyAI-LDN/task-specific-datasets). Raises
    FileNotFoundError where the data are not there. SQuAD is CC BY-SA 4.0 and BANKING77 CC BY 4.0: the folder that is
    written here is yours to use under these licences, and does not ship.
    """
    data = data or os.environ.get("COMPANION_DATA", "")
    bank = Path(data) / "banking77" / "train.csv"
    if not data or not bank.is_file():
        raise FileNotFoundError(f"{bank} is missing: point COMPANION_DATA at a folder with squad, xquad and banking77.")
    folder = Path(folder).expanduser()
    _articles(folder, seed, str(data))
    _letters(folder, seed, bank)
    return Project(folder, **options)


def _articles(folder: Path, seed: int, data: str) -> None:
    """Three articles as text files, and 40 of people's questions on them; SQuAD's answers are words of the text."""
    from companion.models.recipes.squad import parts

    held_out = parts(data)["test"]
    titles = sorted({passage.title for passage in held_out.passages})
    chosen = set(Random(f"articles-{seed}").sample(titles, ARTICLES))
    for title in sorted(chosen):
        texts = [passage.text for passage in held_out.passages if passage.title == title]
        write_text(folder / "documents" / f"{title}.txt", "\n\n".join(texts) + "\n")
    asked = [one for one in held_out.questions if held_out.passages[one.passage].title in chosen]
    rows = [
        {
            "question": one.text,
            "answer": "|".join(dict.fromkeys(answer.replace("|", " ") for answer in one.answers)),
            "document": f"{held_out.passages[one.passage].title}.txt",
        }
        for one in Random(f"asked-{seed}").sample(asked, QUESTIONS)
    ]
    write_csv(folder / "questions.csv", rows, ("question", "answer", "document"))


def _letters(folder: Path, seed: int, bank: Path) -> None:
    """Twenty-five letters of each of eight intents, drawn by seed."""
    with bank.open(encoding="utf-8", newline="") as file:
        letters = list(csv.DictReader(file))
    intents = Random(f"intents-{seed}").sample(sorted({row["category"] for row in letters}), INTENTS)
    rows = []
    for intent in intents:
        of_it = [row["text"] for row in letters if row["category"] == intent]
        rows += [{"text": text, "label": intent} for text in Random(f"{intent}-{seed}").sample(of_it, MESSAGES)]
    write_csv(folder / "messages.csv", rows, ("text", "label"))
