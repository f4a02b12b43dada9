"""The vocabulary that a small causal student shares with its teacher, and one greedy loop for both.

The shipped generator speaks 30,522 word pieces; at 192 numbers each their embeddings alone would be larger than the
whole student. The shop's texts need a few thousand. The student keeps those rows, so that beside each of its logits
stands one of the teacher's; a word whose piece is gone is spelt from shorter pieces.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from companion.models.generator import Generator
from companion.models.prompted import marked
from companion.models.prompts import REFUSAL, answer_prompt
from companion.models.recipes.contexts import TRAINING_SEEDS, shelf

SPECIAL = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
LONGEST_NUMBER = 3  # digits; a year such as 1998 is one piece to the teacher, and too rare to be learnt
Ids = list[int]


class SharedVocabulary:
    """The student's tokenizer, and for each of its pieces the teacher's id.

    Attributes: `tokenizer` (transformers); `rows` (pieces,), the teacher's id of each piece.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, teacher_tokenizer):
        known, own = teacher_tokenizer.get_vocab(), tokenizer.get_vocab()
        if missing := [piece for piece in own if piece not in known]:
            raise ValueError(f"The teacher lacks {missing[0]!r}: cut the student's vocabulary from the teacher's own.")
        self.tokenizer = tokenizer
        self.pieces = sorted(own, key=own.get)
        self.rows = torch.tensor([known[piece] for piece in self.pieces])
        self._own = {int(row): place for place, row in enumerate(self.rows)}

    @classmethod
    def cut(cls, texts: Iterable[str], teacher_tokenizer) -> SharedVocabulary:
        """Keep the special pieces, every single character, and each piece that `texts` use."""
        used = set(SPECIAL.values())
        for text in texts:
            used.update(teacher_tokenizer.tokenize(text))
        known = teacher_tokenizer.get_vocab()
        keep = [p for p in known if p in used or len(p.removeprefix("##")) == 1]
        keep = [p for p in keep if not (p.isdigit() and len(p) > LONGEST_NUMBER)]
        return cls(smaller_tokenizer(teacher_tokenizer, sorted(keep, key=known.get)), teacher_tokenizer)

    def __len__(self) -> int:
        return len(self.pieces)

    def ids(self, text: str, start: bool = False, end: bool = False) -> Ids:
        """The student's ids of `text`, with [CLS] before a prompt and [SEP] after an answer."""
        return marked(self.tokenizer, text, start, end)

    def restrict(self, logits: Tensor) -> Tensor:
        """The teacher's logits (..., its vocabulary) at the shared rows: (..., pieces).

        softmax(restricted)_i = p_i / sum_j p_j over the shared j: the teacher's distribution, given that it says a
        shared piece. The normaliser over its whole vocabulary cancels.
        """
        return logits[..., self.rows.to(logits.device)]

    def from_teacher(self, ids: Sequence[int]) -> Ids | None:
        """The student's ids for the teacher's; None where one of them is not shared."""
        own = [self._own.get(int(i)) for i in ids]
        return None if None in own else own

    def names(self) -> list[str]:
        """Pieces that can be part of a made-up name: whole words of three letters or more."""
        return [piece for piece in self.pieces if piece.isascii() and piece.isalpha() and len(piece) > 2]

    def numbers(self) -> list[Tensor]:
        """Ids of the numbers of two digits or more, pieces of one shape together: "24", "##24", "240"."""
        shapes: dict[tuple[bool, int], Ids] = {}
        for place, piece in enumerate(self.pieces):
            digits = piece.removeprefix("##")
            if digits.isdigit() and digits.isascii() and len(digits) > 1:
                shapes.setdefault((piece == digits, len(digits)), []).append(place)
        return [torch.tensor(ids) for ids in shapes.values()]


def smaller_tokenizer(teacher_tokenizer, pieces: list[str]) -> PreTrainedTokenizerFast:
    """The teacher's tokenizer with these pieces only; ids count from 0 in the order given."""
    state = json.loads(teacher_tokenizer.backend_tokenizer.to_str())
    place = {piece: number for number, piece in enumerate(pieces)}
    state["model"]["vocab"] = place
    state["added_tokens"] = [t | {"id": place[t["content"]]} for t in state["added_tokens"] if t["content"] in place]
    state["post_processor"] = None  # [CLS] and [SEP] are put by hand: a prompt has no [SEP]
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(json.dumps(state)), **SPECIAL)


def shop_texts(seeds: Iterable[int] = TRAINING_SEEDS) -> Iterable[str]:
    """All that the training companies write, ask and answer, and the words of a prompt around it."""
    yield answer_prompt("", ["", ""])
    yield REFUSAL
    for seed in seeds:
        company = shelf(seed).world
        yield from (article.text for article in company.articles)
        for question in company.questions:
            yield from (question.text, question.answer or "")


@torch.inference_mode()
def greedy(generator: Generator, ids: Tensor, longest: int = 24) -> tuple[Tensor, Tensor]:
    """The most likely next token, again and again, with a cache of keys and values.

    ids: (batch, length), prompts of one length, so that nothing is padded. The prompt is read as the generator
    reads it (`read`), its last token starts the loop.

    Returns tokens (batch, n) and logits (batch, n, vocabulary), n <= longest: the loop ends when each row has
    ended. What a row holds after its end is to be cut off (`until_end`).
    """
    end, cache, token = generator.tokenizer.sep_token_id, generator.read(ids), ids[:, -1:]
    tokens, logits, ended = [], [], torch.zeros(len(ids), dtype=torch.bool)
    while len(tokens) < longest and not ended.all():
        out = generator.model(input_ids=token, past_key_values=cache, use_cache=True)
        logits.append(out.logits[:, -1])
        token = logits[-1].argmax(-1, keepdim=True)
        tokens.append(token)
        ended |= token[:, 0] == end
    return torch.cat(tokens, 1), torch.stack(logits, 1)


def until_end(tokens: Tensor, end: int) -> Tensor:
    """One row's tokens up to and with its first `end`; all of them without one."""
    stops = (tokens == end).nonzero()
    return tokens[: int(stops[0]) + 1] if len(stops) else tokens
