"""Data-free adversarial distillation: a generator looks for inputs on which student and teacher disagree.

Fang et al. (DFAD, arXiv 1912.11006) draw pictures. Words cannot be moved a little, so here the generator draws word
*vectors*, as it likes, and the student reads the teacher's vectors; for text see also arXiv 2010.04883.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from companion.distill.free import vocabulary_words
from companion.distill.losses import soft_target_loss
from companion.distill.students import PAD, CNNStudent, squeeze
from companion.distill.study import ADAMW
from companion.models.encoder import Encoder, mean_pool
from companion.models.sorter import Sorter
from companion.training import train

WORDS = 12  # word vectors of a dream, without [CLS] and [SEP]
FREQUENT = 8000  # real words to dream with; a vocabulary lists the frequent ones first
TEMPERATURE = 3.0


class EmbeddedCNN(CNNStudent):
    """A CNN that reads the teacher's word vectors, which stay as they are, through a narrowing linear map.

    ids (batch, length) of word pieces, or word vectors (batch, length, teacher's width); the mask as always.
    """

    def __init__(self, table: Tensor, classes, dim: int = 64, **sizes):
        super().__init__(len(table), classes, dim, **sizes)
        start = squeeze(table, self.embedding.weight)  # (vocabulary, dim), linear in the table
        self.embedding = nn.Embedding.from_pretrained(table.detach().clone(), freeze=True, padding_idx=PAD)
        self.narrow = nn.Linear(table.shape[1], dim)
        with torch.no_grad():
            one = torch.cat([self.embedding.weight, torch.ones(len(table), 1)], 1)
            found = torch.linalg.lstsq(one, start).solution  # (width + 1, dim)
            self.narrow.weight.copy_(found[:-1].T)
            self.narrow.bias.copy_(found[-1])

    def embed(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Word vectors (batch, length, dim), zero at padding."""
        vectors = ids if ids.is_floating_point() else self.embedding(ids)
        return self.dropout(self.narrow(vectors)) * mask.unsqueeze(-1)


class Dreamer(nn.Module):
    """From noise (batch, noise) to word vectors (batch, words, width).

    Free: any vector, with each direction's mean and spread as in `table`, so that none is larger than a word's.
    With `rows`, the ids of real words: always the vector of one of them, drawn by its nearness; gradients pass as if
    it were the mixture of all (straight-through Gumbel-softmax, arXiv 1611.01144).
    """

    def __init__(
        self, table: Tensor, rows: Tensor | None = None, words: int = WORDS, noise: int = 64, inner: int = 128
    ):
        super().__init__()
        self.noise, self.words, self.inner, self.rows = noise, words, inner, rows
        self.spread_out = nn.Linear(noise, words * inner)
        self.mix = nn.Conv1d(inner, inner, 3, padding=1)
        self.widen = nn.Linear(inner, table.shape[1])
        self.register_buffer("mean", table.detach().mean(0))
        self.register_buffer("std", table.detach().std(0))
        self.register_buffer("known", None if rows is None else table.detach()[rows])  # (real words, width)

    def forward(self, noise: Tensor) -> Tensor:
        spread = F.gelu(self.spread_out(noise)).view(-1, self.words, self.inner)  # (batch, words, inner)
        mixed = F.gelu(self.mix(spread.transpose(1, 2)).transpose(1, 2))  # (batch, words, inner)
        free = F.layer_norm(self.widen(mixed), self.mean.shape)  # (batch, words, width)
        if self.known is None:
            return free * self.std + self.mean
        near = free @ F.normalize(self.known - self.mean, dim=-1).T  # (batch, words, real words)
        return F.gumbel_softmax(near, hard=True) @ self.known


def disagreement(student_logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """Mean of |teacher - student| over all logits (DFAD's; it does not fade where both are sure).

    Gradients flow into both: the generator has to know how the *teacher* would answer to a slightly other input.
    """
    if student_logits.shape != teacher_logits.shape:
        shapes = f"{tuple(student_logits.shape)} and {tuple(teacher_logits.shape)}"
        raise ValueError(f"Logits of shapes {shapes} cannot disagree: pass the same inputs through both models.")
    return (teacher_logits - student_logits).abs().mean()


def framed(vectors: Tensor, encoder: Encoder) -> tuple[Tensor, Tensor]:
    """[CLS] before and [SEP] after the vectors (batch, words, width), and a mask of ones: what an encoder reads."""
    table, tokens = encoder.model.get_input_embeddings().weight.detach(), encoder.tokenizer
    first, last = (table[i].expand(len(vectors), 1, -1) for i in (tokens.cls_token_id, tokens.sep_token_id))
    whole = torch.cat([first, vectors, last], 1)  # (batch, words + 2, width)
    return whole, all_real(whole)


def all_real(vectors: Tensor) -> Tensor:
    """The mask of word vectors (batch, length, width) without padding."""
    return torch.ones(vectors.shape[:2], dtype=torch.long)


def read_vectors(encoder: Encoder, vectors: Tensor, mask: Tensor) -> Tensor:
    """Unit sentence vectors (batch, dim) of word vectors, as `Encoder.forward` makes them of texts."""
    hidden = encoder.model(inputs_embeds=vectors, attention_mask=mask).last_hidden_state
    return F.normalize(mean_pool(hidden, mask), dim=-1)


class Bank:
    """What was dreamt so far, with the teacher's answer to each: it is asked once for each dream.

    Attributes: `vectors` (dreams, words + 2, width), `logits` (dreams, classes).
    """

    def __init__(self, words: int, width: int, classes: int):
        self.vectors, self.logits = torch.zeros(0, words + 2, width), torch.zeros(0, classes)

    def __len__(self) -> int:
        return len(self.logits)

    def add(self, vectors: Tensor, logits: Tensor) -> None:
        """Keep a batch."""
        self.vectors = torch.cat([self.vectors, vectors.detach()])
        self.logits = torch.cat([self.logits, logits.detach()])

    def draw(self, size: int, random: torch.Generator) -> dict[str, Tensor]:
        """A batch of what is there, every dream alike often."""
        rows = torch.randint(len(self), (size,), generator=random)
        return {"vectors": self.vectors[rows], "teacher": self.logits[rows]}


def distil_dreams(
    student: EmbeddedCNN,
    sorter: Sorter,
    budget: int,
    steps: int,
    lr: float,
    seed: int = 0,
    real_words: bool = False,
    batch: int = 40,
) -> Bank:
    """Train `student` on dreams alone and return them; the teacher answers `budget` of them, once each.

    Student and generator take turns: `batch` new dreams, one step of the generator up the disagreement on them, then
    the student's steps down, on all dreams so far. real_words: as in `Dreamer`.
    """
    if budget < batch or budget % batch or steps < budget // batch:
        raise ValueError(f"{budget} dreams in batches of {batch} do not fit {steps} steps: choose a multiple of both.")
    dreamer, random = make_dreamer(sorter, seed, real_words), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(dreamer.parameters(), lr=1e-3)
    bank, pause = Bank(dreamer.words, len(dreamer.mean), len(sorter.intents)), steps * batch // budget

    def batches(step: int) -> dict[str, Tensor]:
        if step % pause == 0 and len(bank) < budget:
            dream(student, sorter, dreamer, optimizer, bank, batch, random)
        return bank.draw(32, random)

    def loss(model: EmbeddedCNN, seen: dict[str, Tensor]) -> Tensor:
        return soft_target_loss(model(seen["vectors"], all_real(seen["vectors"])), seen["teacher"], TEMPERATURE)

    trained = [p for p in student.parameters() if p.requires_grad]
    train(student, batches, loss, steps, lr, seed, warmup=20, parameters=trained, optimizer=ADAMW, progress=False)
    return bank


def make_dreamer(sorter: Sorter, seed: int = 0, real_words: bool = False) -> Dreamer:
    """A new generator for a sorter's word vectors, drawn from the seed."""
    encoder, rows = sorter.encoder, None
    if real_words:
        words = vocabulary_words(encoder.tokenizer)[:FREQUENT]
        rows = torch.tensor(encoder.tokenizer.convert_tokens_to_ids(words))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Dreamer(encoder.model.get_input_embeddings().weight, rows)


def dream(student, sorter, dreamer, optimizer, bank, batch, random) -> None:
    """New dreams into the bank; then the generator moves one step to where both models disagree more."""
    student.eval()
    noise = torch.randn(batch, dreamer.noise, generator=random)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**31, (), generator=random)))  # for the draw of words
        vectors, mask = framed(dreamer(noise), sorter.encoder)
    logits = sorter.head(read_vectors(sorter.encoder, vectors, mask))
    bank.add(vectors, logits)
    moved = list(dreamer.parameters())  # and nothing else: both models stay as they are
    up = torch.autograd.grad(-disagreement(student(vectors, mask), logits), moved)
    for parameter, gradient in zip(moved, up, strict=True):
        parameter.grad = gradient
    optimizer.step()


@torch.no_grad()
def spelled(vectors: Tensor, encoder: Encoder) -> str:
    """The words whose vectors are nearest to those of one dream (words + 2, width), without [CLS] and [SEP]."""
    table = encoder.model.get_input_embeddings().weight
    return " ".join(encoder.tokenizer.convert_ids_to_tokens(torch.cdist(vectors[1:-1], table).argmin(1)))
