"""How the reply student is trained: `python -m companion.distill.reply_student`, about two minutes of one core.

The teacher is a chain. The shipped sorter reads a letter without label and names its intent; of that intent's gold
replies the one is taken whose own request lies nearest to the letter, in the sorter's vectors. Letters that the
sorter takes for a common question have no gold reply and are left out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from companion.distill.reply_student import (
    WEIGHTS,
    ReplyStudent,
    make_reply_llama,
    parameters,
    reply_loss,
)
from companion.distill.transfer import teacher_outputs
from companion.ledger import path as ledger_path
from companion.models import load_sorter
from companion.models.prompted import marked, padded
from companion.models.sorter import Sorter
from companion.training import History, train
from companion.world import utterances

SPECIAL = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
COMMON = 6000  # of the encoder's pieces the first ones, which are its most frequent; the rest only where used
HIDDEN = 0.25  # share of a letter's pieces that are hidden in training, so that no single word decides
STEPS, BATCH, RATE = 400, 32, 2e-3
Pair = tuple[str, str]  # letter, "intent: reply"
CARD = """# The reply student

A Llama of {parameters:,} numbers over {pieces:,} word pieces, fp16: from a customer's letter to an intent and a whole
reply. `companion.distill.reply_student.ReplyStudent.load()` loads it, `python -m companion.distill.reply_student`
trains it again ({steps} steps of {batch} letters).

Its teachers: the shipped sorter named the intent of {letters:,} letters, and the gold reply whose own request lies
nearest was the target. No letter's label was looked at. Replies that are, word for word, a gold reply of the right
intent: {validation:.1%} of 120 letters by the writer who was there to choose settings, {test:.1%} of 120 by a writer
who was never looked at.

It answers anything with one of Kestrel's replies, a poem too. Its word embeddings began as the encoder's (Apache
2.0), cut to 128 numbers; all else was random. Data: `companion.world`, CC0.
"""
ADAMW = partial(torch.optim.AdamW, fused=True)


def transfer_letters() -> list[str]:
    """Those of the four training writers and the 3,400 composed ones; labels are not looked at."""
    return [u.text for u in (*utterances.labelled("train"), *utterances.unlabelled())]


def taught(letters: Sequence[str], sorter: Sorter) -> list[Pair]:
    """Each letter with the intent and the reply that the teachers give it; letters without one are left out."""
    gold = [(request, reply, intent) for intent, pairs in utterances.replies().items() for request, reply in pairs]
    known = sorter.encoder.encode([request for request, _, _ in gold])  # (gold, dim)
    of_intent = np.array([intent for _, _, intent in gold])
    read = teacher_outputs(partial(_reads, sorter), list(letters), f"{sorter.encoder.fingerprint} logits vectors")
    said, vectors = read["logits"].argmax(1).tolist(), read["vectors"].numpy()  # (letters, dim)
    near = vectors @ known.T  # (letters, gold)
    pairs = []
    for letter, row, likeness in zip(letters, said, near, strict=True):
        mine = of_intent == sorter.intents[row]
        if mine.any():
            _, reply, intent = gold[int(np.where(mine, likeness, -np.inf).argmax())]
            pairs.append((letter, f"{intent.replace('_', ' ')}: {reply}"))
    return pairs


def _reads(sorter: Sorter, texts: list[str]) -> dict[str, Tensor]:
    vectors = torch.from_numpy(sorter.encoder.encode(texts))
    with torch.inference_mode():
        return {"logits": sorter.head(vectors), "vectors": vectors}


def own_pieces(texts: Iterable[str], teacher_tokenizer) -> tuple[PreTrainedTokenizerFast, Tensor]:
    """A tokenizer of few pieces cut from the teacher's, and the teacher's id of each piece (pieces,).

    Kept: the special pieces, every single letter, the teacher's most frequent pieces, and all that `texts` use.
    """
    from tokenizers import Tokenizer

    known = teacher_tokenizer.get_vocab()
    used = {piece for text in texts for piece in teacher_tokenizer.tokenize(text)} | set(SPECIAL.values())
    plain = [p for p in known if p.removeprefix("##").isascii()]
    common = set(sorted((p for p in plain if "[unused" not in p), key=known.get)[:COMMON])
    keep = sorted(used | common | {p for p in plain if len(p.removeprefix("##")) == 1}, key=known.get)
    state = json.loads(teacher_tokenizer.backend_tokenizer.to_str())
    place = {piece: number for number, piece in enumerate(keep)}
    state["model"]["vocab"] = place
    state["added_tokens"] = [t | {"id": place[t["content"]]} for t in state["added_tokens"] if t["content"] in place]
    state["post_processor"] = None  # [CLS] and [SEP] are put by hand
    state["truncation"] = state["padding"] = None
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(json.dumps(state)), **SPECIAL)
    return tokenizer, torch.tensor([known[piece] for piece in keep])


def batches_of(
    pairs: Sequence[Pair], tokenizer: PreTrainedTokenizerFast, size: int, seed: int
) -> Callable[[int], dict[str, Tensor]]:
    """A function from the step to its batch; pieces of the letters are hidden at random, of the replies never."""
    student = ReplyStudent.__new__(ReplyStudent)  # for `letter_ids` alone
    student.tokenizer = tokenizer
    coded = [(student.letter_ids(letter), marked(tokenizer, reply, end=True)) for letter, reply in pairs]

    def batch(step: int) -> dict[str, Tensor]:
        random = Random(f"replies-{seed}-{step}")
        rows = random.choices(range(len(coded)), k=size)
        return padded([(hidden(coded[row][0], tokenizer.unk_token_id, random), coded[row][1]) for row in rows])

    return batch


def hidden(ids: list[int], unknown: int, random: Random, share: float = HIDDEN) -> list[int]:
    """The same letter with some of its inner pieces hidden."""
    inner = [unknown if random.random() < share else piece for piece in ids[1:-1]]
    return [ids[0], *inner, ids[-1]]


def distil_replies(
    pairs: Sequence[Pair], teacher_tokenizer, teacher_rows: Tensor, steps: int = STEPS, seed: int = 0, **settings
) -> tuple[ReplyStudent, History]:
    """A student trained on `pairs`; settings go to `companion.training.train`.

    teacher_rows: the teacher's word embeddings (its pieces, width). Raises ValueError for no pairs.
    """
    if not pairs:
        raise ValueError("There are no letters with a reply: pass at least one pair.")
    tokenizer, rows = own_pieces([text for pair in pairs for text in pair], teacher_tokenizer)
    model = make_reply_llama(tokenizer, teacher_rows.detach()[rows], seed=seed)
    model.set_attn_implementation("eager")  # faster than sdpa in training, with a mask of its own
    options = {"lr": RATE, "warmup": min(50, steps // 10), "weight_decay": 0.05, "optimizer": ADAMW} | settings
    model.train()
    history = train(model, batches_of(pairs, tokenizer, BATCH, seed), reply_loss, steps, seed=seed, **options)
    model.set_attn_implementation("sdpa")
    return ReplyStudent(model, tokenizer), history


def whole_replies(student: ReplyStudent, split: str) -> float:
    """Share of a split's letters (the 12 intents with replies) whose *written* reply is one of the right intent's."""
    right = [
        reply_intent(student(u.text)) == u.labels[0]
        for u in utterances.labelled(split)
        if u.labels[0] in utterances.replies()
    ]
    return sum(right) / len(right)


def reply_intent(text: str) -> str | None:
    """The intent whose gold reply this is, word for word; None for a text that is none of them."""
    return _gold().get(bare(text))


def bare(text: str) -> str:
    """Letters and digits only."""
    return "".join(c for c in text.lower() if c.isalnum())


def _gold() -> dict[str, str]:
    return {bare(reply): intent for intent, pairs in utterances.replies().items() for _, reply in pairs}


def main(argv: list[str] | None = None) -> None:
    """Ask the teachers, train the student, score it on both writers, save it."""
    parser = argparse.ArgumentParser(description="Distil whole replies into a small Llama.")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"steps of {BATCH} letters")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder of the student")
    asked = parser.parse_args(argv)
    sorter, kept = load_sorter(), ledger_path().parent / "replies"
    kept.mkdir(parents=True, exist_ok=True)
    pairs = taught(transfer_letters(), sorter)
    words = sorter.encoder.model.get_input_embeddings().weight
    going = {"checkpoint": kept / f"{asked.steps}-{asked.seed}.ckpt", "every": 50}  # a killed run goes on
    student, history = distil_replies(pairs, sorter.encoder.tokenizer, words, asked.steps, asked.seed, **going)
    student.save(asked.out)
    done = {"letters": len(pairs), "steps": history.steps, "seconds": round(history.seconds)}
    done |= {"pieces": len(student.tokenizer), "parameters": parameters(student.model)}
    done |= {split: round(whole_replies(student, split), 4) for split in ("validation", "test")}
    (asked.out / "card.json").write_text(json.dumps(done, indent=1) + "\n", encoding="utf-8")
    (asked.out / "README.md").write_text(CARD.format(batch=BATCH, **done), encoding="utf-8")
    print(json.dumps(done | {"out": str(asked.out)}))
