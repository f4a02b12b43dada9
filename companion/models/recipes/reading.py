"""Questions and passages as batches for the reader's training."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from random import Random

import torch
from torch import Tensor

from companion.models.encoder import Encoder
from companion.models.recipes.squad import Part
from companion.models.sentences import sentence_of, sentence_starts, sentence_vectors
from companion.models.spans import LONGEST

QUESTION, PASSAGE = 64, 320  # tokens at most
POOL = 20  # batches that are sorted by length together, so that few tokens are padding
# a pass's tokens around the answer, short ones first; the passes after these read all
CROPS = [(40, 100), (50, 150), (40, 100), (50, 150), (60, 250)]


@dataclass(frozen=True)
class Example:
    """[CLS] question [SEP] passage [SEP], and the answers as (first, last) tokens; () has no answer."""

    ids: list[int]
    begin: int  # of the passage
    closeness: list[float]  # of the passage's tokens
    gold: tuple[tuple[int, int], ...]


class Reading:
    """A part of SQuAD, tokenised once; `epoch` draws one pass of examples over it."""

    def __init__(self, part: Part, encoder: Encoder, refusals: float = 0.2):
        self.part, self.refusals = part, refusals
        tokenizer = encoder.tokenizer
        self.ends = tokenizer.cls_token_id, tokenizer.sep_token_id
        passages, questions = [p.text for p in part.passages], [q.text for q in part.questions]
        read = tokenizer(passages, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        self.passages, offsets = read["input_ids"], read["offset_mapping"]
        asked = tokenizer(questions, add_special_tokens=False)["input_ids"]
        self.questions = [ids[:QUESTION] for ids in asked]
        self.gold = [token_spans(offsets[q.passage], q.spans) for q in part.questions]
        self.vectors, self.sentences = encoder.encode(questions), sentence_vectors(encoder, passages)
        self.sentence = [  # of each token
            sentence_of(sentence_starts(text), [a for a, _ in place])
            for text, place in zip(passages, offsets, strict=True)
        ]

    def epoch(self, number: int, seed: int) -> list[Example]:
        """One pass, in random order: each question once, most with its passage, some with a near miss."""
        random, crop = Random(f"{seed}-{number}"), CROPS[number] if number < len(CROPS) else None
        examples = [self.example(i, random, crop) for i in range(len(self.questions))]
        random.shuffle(examples)
        return examples

    def example(self, i: int, random: Random, crop: tuple[int, int] | None) -> Example:
        """Question i with a window of its passage, or of one that does not answer it."""
        near = self.part.near[self.part.questions[i].id]
        passage, gold = self.part.questions[i].passage, self.gold[i]
        if near and random.random() < self.refusals:
            passage, gold = random.choice(near), ()
        size = random.randint(*crop) if crop else PASSAGE
        low, high = window(len(self.passages[passage]), gold, size, random)
        cls, sep = self.ends
        begin = len(self.questions[i]) + 2
        ids = [cls, *self.questions[i], sep, *self.passages[passage][low:high], sep]
        close = (self.sentences[passage] @ self.vectors[i])[self.sentence[passage][low:high]]
        inside = [(a - low + begin, b - low + begin) for a, b in gold if low <= a <= b < high and b - a < LONGEST]
        return Example(ids, begin, close.tolist(), tuple(inside))


def window(length: int, gold: tuple, size: int, random: Random) -> tuple[int, int]:
    """A stretch of at most `size` of `length` tokens that holds one of the answers at a random place."""
    if length <= size:
        return 0, length
    first, last = random.choice(gold) if gold else [random.randrange(length)] * 2
    earliest, latest = max(0, last - size + 1), min(first, length - size)
    low = random.randint(earliest, latest) if earliest <= latest else first
    return low, min(length, low + size)


def token_spans(offsets: list[tuple[int, int]], spans: tuple) -> tuple[tuple[int, int], ...]:
    """Spans of characters as (first, last) tokens: all tokens that share a character with the span."""
    found = set()
    for start, end in spans:
        inside = [i for i, (a, b) in enumerate(offsets) if a < end and b > start]
        if inside:
            found.add((inside[0], inside[-1]))
    return tuple(sorted(found))


def batches(reading: Reading, size: int, seed: int) -> tuple[Callable[[int], dict[str, Tensor]], int]:
    """A function step -> batch, the same for the same seed, and the number of steps in a pass."""
    per_pass = -(-len(reading.questions) // size)

    @lru_cache(maxsize=1)
    def one_pass(number: int) -> list[list[Example]]:
        examples, pool = reading.epoch(number, seed), POOL * size
        pools = [examples[at : at + pool] for at in range(0, len(examples), pool)]
        ordered = [example for p in pools for example in sorted(p, key=lambda e: len(e.ids))]
        groups = [ordered[at : at + size] for at in range(0, len(ordered), size)]
        Random(f"order-{seed}-{number}").shuffle(groups)
        return groups

    return lambda step: collate(one_pass(step // per_pass)[step % per_pass]), per_pass


def collate(examples: list[Example]) -> dict[str, Tensor]:
    """Padded tensors: ids, mask, types, closeness (batch, length), gold (batch, length, length) bool."""
    length = max(len(e.ids) for e in examples)
    ids = torch.zeros(len(examples), length, dtype=torch.long)
    mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
    close = torch.zeros(len(examples), length)
    gold = torch.zeros(len(examples), length, length, dtype=torch.bool)
    for row, example in enumerate(examples):
        ids[row, : len(example.ids)] = torch.tensor(example.ids)
        mask[row, : len(example.ids)] = 1
        types[row, example.begin : len(example.ids)] = 1
        close[row, example.begin : len(example.ids) - 1] = torch.tensor(example.closeness)
        for first, last in example.gold:
            gold[row, first, last] = True
    passage = types.bool() & torch.cat([mask[:, 1:], torch.zeros_like(mask[:, :1])], dim=1).bool()  # less [SEP]
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "token_type_ids": types,
        "closeness": close,
        "passage": passage,
        "gold": gold,
    }
