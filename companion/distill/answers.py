"""What the teacher answers to questions without labels: its words, and its strongest logits at each of them.

Its greedy answers are the targets of sequence distillation (Kim and Rush, 1606.07947), its logits those of
distillation with soft targets (1503.02531), here one distribution a token. Both are computed once and kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from random import Random

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from companion.device import fast_bf16
from companion.distill.sequences import Ids, SharedVocabulary, greedy, until_end
from companion.models.generator import Generator
from companion.models.prompted import padded
from companion.models.prompts import answer_prompt
from companion.models.recipes.contexts import TRAINING_SEEDS, draw
from companion.progress import progress
from companion.world.writing import read_data

KEPT = 16  # logits kept at a token; one number stands for the thousands of others
LONGEST = 16  # tokens of an answer, its end included
Item = tuple[str, list[str]]  # question, passages


@dataclass
class TransferSet:
    """Prompts and the teacher's answers in the student's ids, one after the other in flat tensors.

    Attributes:
        prompts, answers: (tokens,) ids; an answer ends with [SEP].
        sizes: (examples, 2), tokens of each prompt and of its answer.
        top, logits: (answer tokens, KEPT), the teacher's strongest shared pieces and their log-probabilities.
        rest: (answer tokens,) what each other piece gets, so that together they weigh what they weighed.
    """

    prompts: Tensor
    answers: Tensor
    sizes: Tensor
    top: Tensor
    logits: Tensor
    rest: Tensor

    def __post_init__(self):
        self.ends = self.sizes.cumsum(0)  # (examples, 2)

    def __len__(self) -> int:
        return len(self.sizes)

    def length(self, row: int) -> int:
        """Tokens of one prompt and its answer together."""
        return int(self.sizes[row].sum())

    def example(self, row: int) -> tuple[Ids, Ids, slice]:
        """Ids of one prompt and of its answer, and where the answer's tokens stand in the flat tensors."""
        (a, b), (c, d) = (self.ends[row] - self.sizes[row]).tolist(), self.ends[row].tolist()
        return self.prompts[a:c].tolist(), self.answers[b:d].tolist(), slice(b, d)

    def batch(self, rows: Sequence[int], pieces: int) -> dict[str, Tensor]:
        """`padded` prompts and answers, with "teacher": its logits (answer tokens, pieces), row after row."""
        found = [self.example(row) for row in rows]
        where = torch.cat([torch.arange(place.start, place.stop) for _, _, place in found])
        teacher = self.rest[where, None].float().repeat(1, pieces)  # (answer tokens, pieces)
        teacher.scatter_(1, self.top[where].long(), self.logits[where].float())
        return padded([(prompt, answer) for prompt, answer, _ in found]) | {"teacher": teacher}

    def save(self, path: Path) -> None:
        """Write one safetensors file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: getattr(self, name) for name in self.__dataclass_fields__}, path)

    @classmethod
    def load(cls, *paths: Path) -> TransferSet:
        """Read one file, or several as one set."""
        parts = [load_file(path) for path in paths]
        return cls(**{name: torch.cat([part[name] for part in parts]) for name in cls.__dataclass_fields__})


@cache
def product_names() -> tuple[re.Pattern, frozenset[str]]:
    """The training products' names as a pattern, and the birds of Kestrel in lower case."""
    data = read_data("names.toml")
    return re.compile(rf"\b({'|'.join(data['others'])})\b"), frozenset(bird.lower() for bird in data["birds"])


def renamed(question: str, passages: list[str], parts: Sequence[str], random: Random) -> Item:
    """The same texts about products with made-up names of one to three parts, never a bird.

    150 names are few enough to be learnt by heart; with a fresh one each time the student has to compare them.
    """
    pattern, birds = product_names()
    new: dict[str, str] = {}

    def name(found: re.Match) -> str:
        while found[0] not in new or new[found[0]].lower() in birds:
            new[found[0]] = "".join(random.choices(parts, k=random.choice([1, 1, 2, 3]))).capitalize()
        return new[found[0]]

    return pattern.sub(name, question), [pattern.sub(name, passage) for passage in passages]


def unlabelled(
    count: int, parts: Sequence[str], seed: int = 0, hidden: float = 0.25, seeds: range = TRAINING_SEEDS
) -> list[Item]:
    """`count` questions of companies that are not Kestrel, each with one passage; the right answers are thrown away.

    parts: of made-up names, which half of the questions get. hidden: how often the right page is left out, so
    that the teacher should refuse. seeds: of the companies.
    """
    random, items = Random(f"transfer-{seed}"), []
    for _ in range(count):
        question, passages, _ = draw(random, 1, hidden=hidden, seeds=seeds)
        items.append(renamed(question, passages, parts, random) if random.random() < 0.5 else (question, passages))
    return items


def answered_by(teacher: Generator, items: Sequence[Item], vocabulary: SharedVocabulary) -> TransferSet:
    """The teacher's greedy answer to each item, and its logits restricted to the shared pieces."""
    if not items:
        raise ValueError("There is nothing for the teacher to answer: pass at least one question with its passages.")
    prompts = [teacher.encode(answer_prompt(*item))[0] for item in items]
    said: dict[int, tuple] = {}
    for rows in progress(of_one_length(prompts), "The teacher answers"):
        with torch.autocast("cpu", torch.bfloat16, enabled=fast_bf16()):
            tokens, logits = greedy(teacher, torch.stack([prompts[row] for row in rows]), LONGEST)
        for row, its_tokens, its_logits in zip(rows, tokens, logits, strict=True):
            said[row] = in_shared_pieces(teacher, vocabulary, its_tokens, its_logits)
    own = [torch.tensor(vocabulary.ids(answer_prompt(*item), start=True)) for item in items]
    answers, top, log_probs, rest = (list(column) for column in zip(*(said[r] for r in range(len(items))), strict=True))
    sizes = torch.tensor([[len(p), len(a)] for p, a in zip(own, answers, strict=True)])
    ids = [torch.cat(column).short() for column in (own, answers, top)]
    return TransferSet(ids[0], ids[1], sizes, ids[2], torch.cat(log_probs).half(), torch.cat(rest).half())


def of_one_length(prompts: Sequence[Tensor], most: int = 64) -> list[list[int]]:
    """Rows in groups whose prompts have one length: nothing is padded, and each row answers as it would alone."""
    groups = []
    for _, rows in groupby(sorted(range(len(prompts)), key=lambda row: len(prompts[row])), lambda r: len(prompts[r])):
        rows = list(rows)
        groups += [rows[start : start + most] for start in range(0, len(rows), most)]
    return groups


def in_shared_pieces(teacher: Generator, vocabulary: SharedVocabulary, tokens: Tensor, logits: Tensor) -> tuple:
    """One answer as (ids, top, log-probabilities, rest).

    Where a token is not shared, the answer is spelt anew and its logits are one-hot: a hard target.
    """
    tokens = until_end(tokens, teacher.tokenizer.sep_token_id)
    ids = vocabulary.from_teacher(tokens.tolist())
    if ids is None:
        ids = vocabulary.ids(teacher.tokenizer.decode(tokens, skip_special_tokens=True), end=True)
        log_probs = torch.full((len(ids), len(vocabulary)), -30.0).scatter(1, torch.tensor(ids)[:, None], 0.0)
    else:
        log_probs = vocabulary.restrict(logits[: len(ids)].float()).log_softmax(-1)
    return torch.tensor(ids), *strongest(log_probs)


def strongest(log_probs: Tensor, kept: int = KEPT) -> tuple[Tensor, Tensor, Tensor]:
    """Places and values of the `kept` largest of (tokens, pieces), and the log of the others' mean probability."""
    kept = min(kept, log_probs.shape[1] - 1)
    values, top = log_probs.topk(kept, dim=-1)
    others = log_probs.scatter(1, top, -torch.inf).logsumexp(-1)
    return top, values, (others - torch.tensor(float(log_probs.shape[1] - kept)).log()).clamp(min=-60)
