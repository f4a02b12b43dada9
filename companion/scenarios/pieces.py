"""A smaller vocabulary: only the word pieces that a job's texts need, so that the table of word vectors shrinks."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from companion.distill.texts import encoder_tokenizer

SKIPPED = re.compile(r"\[.*\]|\W|[^\x00-\x7f]+")  # places for new words, signs, letters of other scripts
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")  # [PAD] stays 0, which the students count on


def small_tokenizer(texts: Sequence[str], tokenizer: Any = None, at_least: int = 0) -> tuple[Any, list[int]]:
    """A WordPiece tokenizer of the pieces in `texts`, and the rows that its pieces have in the large table.

    It keeps the special tokens, every piece that occurs, and all single letters and digits; then, until there are
    `at_least` so many, the first words of the large table, which has the commonest first. So a text of the set is
    cut as before, and an unknown word is cut into shorter pieces: it is spelled out, not lost. Count the pieces on
    texts that may be trained on, never on a test set. Raises ValueError where there are no texts.
    """
    if not len(texts):
        raise ValueError("There are no texts to count the pieces of: give at least one.")
    tokenizer = tokenizer or encoder_tokenizer()
    old = tokenizer.get_vocab()
    found = {row for ids in tokenizer(list(texts))["input_ids"] for row in ids}
    found |= {row for piece, row in old.items() if len(piece.removeprefix("##")) == 1 and piece.isascii()}
    first = [old[name] for name in SPECIAL]
    found |= set(first)
    common = (row for piece, row in sorted(old.items(), key=lambda item: item[1]) if not SKIPPED.fullmatch(piece))
    while len(found) < min(at_least, len(old)) and (row := next(common, None)) is not None:
        found.add(row)
    rows = [*first, *sorted(found - set(first))]
    return _cut(tokenizer, rows), rows


def _cut(tokenizer: Any, rows: Sequence[int]) -> Any:
    """The tokenizer with the pieces of `rows` alone, numbered in their order."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    names = {row: piece for piece, row in tokenizer.get_vocab().items()}
    new = {names[row]: place for place, row in enumerate(rows)}
    parts = json.loads(tokenizer.backend_tokenizer.to_str())
    parts["model"]["vocab"] = new
    parts["added_tokens"] = [a | {"id": new[a["content"]]} for a in parts["added_tokens"] if a["content"] in new]
    for name, token in parts["post_processor"]["special_tokens"].items():
        token["ids"] = [new[name]]
    parts["padding"] = parts["truncation"] = None  # as much as a call asks for
    cut = Tokenizer.from_str(json.dumps(parts))
    return PreTrainedTokenizerFast(tokenizer_object=cut, pad_token="[PAD]", unk_token="[UNK]")
