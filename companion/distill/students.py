"""Four small classifiers over the encoder's word pieces: Transformer, BiLSTM, CNN, bag of embeddings.

All have the interface of `Student`. They start from random weights; only the word embeddings may be taken over
from the teacher (`squeeze`). Padding never changes an output.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from companion.distill.texts import MAX_LENGTH, TextStudent

PAD = 0  # the word piece [PAD]
EMBEDDING_STD = 0.1  # torch's own 1.0 drowns what a rare word learns


class Student(TextStudent):
    """A classifier that turns word pieces into a sentence vector, and that into logits.

    ids (batch, length) and mask (batch, length), 1 for real tokens, as the tokenizer gives them. A subclass
    writes `features`; `features_dim` is the width of its vectors, `n_classes` the number of logits.
    """

    def __init__(self, vocab_size: int, classes: int | Sequence[str], dim: int, features_dim: int, dropout: float):
        super().__init__(classes)
        self.vocab_size, self.features_dim = vocab_size, features_dim
        self.embedding = nn.Embedding(vocab_size, dim, padding_idx=PAD)
        nn.init.normal_(self.embedding.weight, std=EMBEDDING_STD)
        with torch.no_grad():
            self.embedding.weight[PAD] = 0
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(features_dim, self.n_classes)

    def features(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Sentence vectors (batch, features_dim)."""
        raise NotImplementedError

    def classify(self, features: Tensor) -> Tensor:
        """Logits (batch, classes) of sentence vectors."""
        return self.head(self.dropout(features))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Logits (batch, classes)."""
        return self.classify(self.features(ids, mask))

    def embed(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Word vectors (batch, length, dim), zero at padding."""
        if ids.ndim != 2 or ids.shape != mask.shape or ids.shape[1] == 0:
            shapes = f"{tuple(ids.shape)} and {tuple(mask.shape)}"
            raise ValueError(f"ids and mask have shapes {shapes}: both must be (batch, length) as a tokenizer gives.")
        return self.dropout(self.embedding(ids)) * mask.unsqueeze(-1)


class BagStudent(Student):
    """The mean of the word vectors: no word order at all (fastText's classifier, arXiv 1607.01759)."""

    def __init__(self, vocab_size, classes, dim: int = 64, dropout: float = 0.3):
        super().__init__(vocab_size, classes, dim, dim, dropout)

    def features(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Mean over real tokens, (batch, dim)."""
        return self.embed(ids, mask).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


class CNNStudent(Student):
    """Filters over windows of 2 to 4 word pieces, then each filter's maximum (Kim, arXiv 1408.5882)."""

    def __init__(self, vocab_size, classes, dim: int = 64, filters: int = 64, windows=(2, 3, 4), dropout: float = 0.3):
        super().__init__(vocab_size, classes, dim, filters * len(windows), dropout)
        self.windows = tuple(windows)
        self.convolutions = nn.ModuleList(nn.Conv1d(dim, filters, window) for window in self.windows)

    def features(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The maximum of each filter over the windows that begin at a real token, (batch, filters * windows)."""
        words = self.embed(ids, mask).transpose(1, 2)  # (batch, dim, length)
        outside = (mask == 0).unsqueeze(1)  # (batch, 1, length)
        return torch.cat([self._maxima(conv, words, outside) for conv in self.convolutions], dim=1)

    def _maxima(self, convolution: nn.Conv1d, words: Tensor, outside: Tensor) -> Tensor:
        # a text shorter than the window is filled up with zeros, as padding is
        found = F.relu(convolution(F.pad(words, (0, convolution.kernel_size[0] - 1))))  # (batch, filters, length)
        return found.masked_fill(outside, 0.0).amax(-1)  # (batch, filters); relu is never below 0


class BiLSTMStudent(Student):
    """An LSTM read from both ends, then each unit's maximum (distilled from BERT in arXiv 1903.12136)."""

    def __init__(self, vocab_size, classes, dim: int = 64, hidden: int = 64, dropout: float = 0.3):
        super().__init__(vocab_size, classes, dim, 2 * hidden, dropout)
        self.lstm = nn.LSTM(dim, hidden, batch_first=True, bidirectional=True)

    def features(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The maximum of each unit over real tokens, (batch, 2 * hidden)."""
        lengths = mask.sum(1).clamp(min=1).cpu()
        # packed, so that the backward pass begins at the last real token and not in the padding
        packed = pack_padded_sequence(self.embed(ids, mask), lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=ids.shape[1])
        return states.masked_fill((mask == 0).unsqueeze(-1), -1.0).amax(1)  # LSTM states lie in (-1, 1)


class TransformerStudent(Student):
    """A BERT of two layers, mean-pooled as its teacher is (TinyBERT, arXiv 1909.10351, is one of four)."""

    def __init__(
        self,
        vocab_size,
        classes,
        dim: int = 128,
        layers: int = 2,
        heads: int = 4,
        dropout: float = 0.1,
        positions: int = MAX_LENGTH,
    ):
        super().__init__(vocab_size, classes, dim, dim, dropout)
        from transformers import BertConfig, BertModel

        config = BertConfig(
            vocab_size=1,  # words come from `self.embedding`
            hidden_size=dim,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            intermediate_size=4 * dim,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=0.0,  # attentions with holes do not sum to 1 and cannot be compared
            max_position_embeddings=positions,
            attn_implementation="eager",  # the other kinds do not return attentions
        )
        self.bert = BertModel(config, add_pooling_layer=False)

    def states(self, ids: Tensor, mask: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Hidden states (layers + 1 times (batch, length, dim)) and attentions (layers times (batch, heads, L, L))."""
        embedded = self.embed(ids, mask)
        if ids.shape[1] > (limit := self.bert.config.max_position_embeddings):
            raise ValueError(f"The text has {ids.shape[1]} word pieces: cut it at {limit}, the student's positions.")
        out = self.bert(inputs_embeds=embedded, attention_mask=mask, output_hidden_states=True, output_attentions=True)
        return out.hidden_states, out.attentions

    def attentions(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The last layer's attentions, (batch, heads, length, length)."""
        return self.states(ids, mask)[1][-1]

    def features(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Mean over real tokens of the last layer, (batch, dim)."""
        return self.pool(self.states(ids, mask)[0][-1], mask)

    def pool(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Mean of (batch, length, dim) over real tokens."""
        return (hidden * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


KINDS = {"bag": BagStudent, "bilstm": BiLSTMStudent, "cnn": CNNStudent, "transformer": TransformerStudent}


def make_student(
    kind: str, vocab_size: int, classes: int | Sequence[str], seed: int = 0, words: Tensor | None = None, **sizes
) -> Student:
    """A student of one of the four `KINDS` with weights drawn from `seed`.

    vocab_size: the tokenizer's number of word pieces, 30,522 for the encoder's.
    classes: how many, or their names, in the order of the logits.
    words: (vocab_size, wider) word embeddings of a teacher, such as `encoder.model.get_input_embeddings().weight`;
        the student begins with their `squeeze`. Default: random.
    sizes: `dim`, `dropout` and what else the class takes. The caller's random state is left as it was.

    Raises ValueError for an unknown kind, fewer than two classes, and embeddings of another vocabulary.
    """
    if kind not in KINDS:
        raise ValueError(f"There is no student {kind!r}: choose one of {', '.join(KINDS)}.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        student = KINDS[kind](vocab_size, classes, **sizes)
    if words is not None:
        if words.ndim != 2 or len(words) != vocab_size:
            raise ValueError(
                f"The word embeddings have shape {tuple(words.shape)}: the student needs {vocab_size} rows."
            )
        with torch.no_grad():
            student.embedding.weight.copy_(squeeze(words, student.embedding.weight))
            student.embedding.weight[PAD] = 0
    return student


def squeeze(words: Tensor, like: Tensor) -> Tensor:
    """Word embeddings on their first principal directions, with the spread of `like` (vocab, dim).

    words (vocab, wider) -> (vocab, dim): the best linear picture of that width, by truncated SVD of the
    centred rows.
    """
    if like.shape[1] > words.shape[1]:
        raise ValueError(f"{words.shape[1]} numbers a word cannot become {like.shape[1]}: choose a smaller dim.")
    centred = (words - words.mean(0)).detach().to("cpu", torch.float64)
    _, directions = torch.linalg.eigh(centred.T @ centred)  # ascending; far cheaper than the SVD of 30,522 rows
    projected = centred @ directions.flip(1)[:, : like.shape[1]]
    return (projected * (like.std() / projected.std())).to(like.dtype)
