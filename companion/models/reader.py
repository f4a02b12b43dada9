"""The reader: from a question and real text to the words that answer it, with their place, or to no answer.

The shipped one is the encoder's own weights with a LoRA adapter of 1.3 MB and a small head, trained on SQuAD
(`make reader`). Any extractive question-answering model of the hub or of a folder can take its
place: `load_reader("name or path")`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoModel, AutoModelForQuestionAnswering, AutoTokenizer, BatchEncoding

from companion.models.causal import quiet_loading
from companion.models.encoder import Encoder, load_encoder
from companion.models.merging import merge
from companion.models.prompts import REFUSAL, answer_prompt
from companion.models.replies import Reply
from companion.models.sentences import sentence_of, sentence_starts, sentence_vectors
from companion.models.spans import NEVER, SpanModel, best_spans, span_scores
from companion.models.weights import installed_encoder, quiet, resolve

ADAPTER = Path(__file__).parent / "adapters" / "reader"
WINDOW, STRIDE = 384, 128  # tokens read at a time, and tokens that two windows of one passage share
LONGEST_QUESTION = 96  # tokens; the passage needs the room


@dataclass(frozen=True)
class Span:
    """An answer in a passage: `text == passage[start:end]`; score is P(this span, not "no answer")."""

    text: str
    start: int
    end: int
    score: float


class Reader:
    """An extractive question-answering model of transformers: `read` one passage, `respond` from several."""

    def __init__(self, name: str, model, tokenizer, window: int = WINDOW):
        if not tokenizer.is_fast:
            raise ValueError(f"{name} has a tokenizer without character offsets: choose a model with a fast one.")
        self.name, self.model, self.tokenizer, self.window = name, model.eval(), tokenizer, window

    def read(self, question: str, passage: str) -> Span | None:
        """The answer's span in `passage`, or None where the passage does not answer the question."""
        span = self.best(question, [passage])[0]
        return span if span and span.score > 0.5 else None

    def respond(self, question: str, passages: Sequence[str]) -> Reply:
        """The surest answer among the passages; `cited` counts from 1 and is empty for a refusal."""
        prompt = answer_prompt(question, list(passages))
        found = [(span, number) for number, span in enumerate(self.best(question, passages), 1) if span]
        span, number = max(found, key=lambda pair: pair[0].score, default=(None, 0))
        if span is None or span.score <= 0.5:
            return Reply(REFUSAL, prompt=prompt, score=span.score if span else 0.0)
        return Reply(span.text, (number,), prompt, ((span.start, span.end),), span.score)

    def best(self, question: str, passages: Sequence[str]) -> list[Span | None]:
        """Each passage's best span, sure or not; None only for a passage without a word."""
        if not question.strip():
            raise ValueError("The question is empty: ask something.")
        spans: dict[int, Span] = {}
        full = [number for number, passage in enumerate(passages) if passage.strip()]
        for row, start, end, score in self._candidates(question, [passages[number] for number in full]):
            number = full[row]
            if number not in spans or score > spans[number].score:
                spans[number] = Span(passages[number][start:end], start, end, score)
        return [spans.get(number) for number in range(len(passages))]

    @torch.inference_mode()
    def _candidates(self, question: str, passages: list[str]) -> Iterator[tuple[int, int, int, float]]:
        """For each window its passage's row, the best span's characters, and its score."""
        if not passages:
            return
        windows = self.windows(question, passages)
        may_start, may_end = word_edges(windows)
        first, last, none = self.scores(windows, question, passages)
        begins, ends, score = best_spans(span_scores(first, last, may_start, may_end))
        sure = torch.sigmoid(score - none).tolist()
        for row in range(len(sure)):
            start = int(windows["offset_mapping"][row, begins[row], 0])
            end = int(windows["offset_mapping"][row, ends[row], 1])
            yield int(windows["overflow_to_sample_mapping"][row]), start, end, sure[row]

    def windows(self, question: str, passages: list[str]) -> BatchEncoding:
        """Question and passage as tokens; a long passage is several windows that overlap."""
        asked = self.tokenizer(question, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        if len(asked.input_ids) > LONGEST_QUESTION:
            question = question[: asked["offset_mapping"][LONGEST_QUESTION - 1][1]]
        return self.tokenizer(
            [question] * len(passages),
            passages,
            truncation="only_second",
            max_length=self.window,
            stride=STRIDE,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            padding=True,
            return_tensors="pt",
        )

    def scores(self, windows: BatchEncoding, question: str, passages: list[str]) -> tuple[Tensor, Tensor, Tensor]:
        """Scores of a first and of a last token (windows, length), and of "no answer" (windows,).

        "No answer" is the [CLS] token's span, as in SQuAD 2.0; a model without [CLS] always answers.
        """
        names = [name for name in self.tokenizer.model_input_names if name in windows]
        output = self.model(**{name: windows[name] for name in names})
        first, last = output.start_logits.float(), output.end_logits.float()
        at = windows["input_ids"] == (-1 if self.tokenizer.cls_token_id is None else self.tokenizer.cls_token_id)
        none = (first + last).masked_fill(~at, NEVER).amax(dim=1)
        return first, last, none


class ShippedReader(Reader):
    """The reader that comes with the course. `encoder` is the same backbone without the adapter."""

    def __init__(self, name: str, model: SpanModel, encoder: Encoder):
        super().__init__(name, model, encoder.tokenizer)
        self.encoder = encoder

    def scores(self, windows: BatchEncoding, question: str, passages: list[str]) -> tuple[Tensor, Tensor, Tensor]:
        close = self.closeness(windows, question, passages)
        return self.model(windows["input_ids"], windows["attention_mask"], windows["token_type_ids"], close)

    def closeness(self, windows: BatchEncoding, question: str, passages: list[str]) -> Tensor:
        """Cosine of the question and each token's sentence (windows, length), 0 outside the passage."""
        asked = self.encoder.encode(question)
        cosines = [vectors @ asked for vectors in sentence_vectors(self.encoder, passages)]
        starts = [sentence_starts(passage) for passage in passages]
        rows = []
        for row, i in enumerate(windows["overflow_to_sample_mapping"].tolist()):
            cosine = cosines[i][sentence_of(starts[i], windows["offset_mapping"][row, :, 0])]
            rows.append(np.where([part == 1 for part in windows.sequence_ids(row)], cosine, 0.0))
        return torch.tensor(np.array(rows), dtype=torch.float32)


def word_edges(windows: BatchEncoding) -> tuple[Tensor, Tensor]:
    """Where an answer may start and end: at the edges of the passage's words. Both bool (windows, length)."""
    starts, ends = [], []
    for row in range(len(windows["input_ids"])):
        words = [
            word if part == 1 else None  # 0 is the question, None a special token
            for word, part in zip(windows.word_ids(row), windows.sequence_ids(row), strict=True)
        ]
        starts.append([w is not None and w != before for before, w in zip([None, *words], words, strict=False)])
        ends.append([w is not None and w != after for w, after in zip(words, [*words[1:], None], strict=True)])
    return torch.tensor(starts), torch.tensor(ends)


def load_reader(name: str | None = None) -> Reader:
    """None for the shipped reader, else a folder or a hub name of an extractive question-answering model.

    Raises as `companion.models.weights.resolve` does, and ValueError for a model without a span head.
    """
    if name is None or (Path(name) / "head.safetensors").is_file():
        return load_shipped(ADAPTER if name is None else Path(name))
    folder = resolve(name)
    architectures = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("architectures") or []
    if not any("QuestionAnswering" in architecture for architecture in architectures):
        raise ValueError(f"{name} was not trained to answer by spans: choose an extractive QA model, or none.")
    with quiet():
        model = AutoModelForQuestionAnswering.from_pretrained(folder, use_safetensors=True)
        tokenizer = AutoTokenizer.from_pretrained(folder)
    room = getattr(model.config, "max_position_embeddings", None) or WINDOW
    return Reader(str(name), model, tokenizer, min(WINDOW, room))


def load_shipped(folder: Path = ADAPTER) -> ShippedReader:
    """Backbone + adapter + head; the adapter is merged into the weights, so reading costs nothing more."""
    if not (folder / "adapter_model.safetensors").is_file():
        raise FileNotFoundError(f"{folder} holds no reader: reinstall the package, or run `make reader`.")
    encoder = installed_encoder()
    with quiet_loading():
        backbone = AutoModel.from_pretrained(encoder, add_pooling_layer=False)
    merge(backbone, folder)
    model = SpanModel(backbone)
    model.load_state_dict({k: t.float() for k, t in load_file(folder / "head.safetensors").items()}, strict=False)
    return ShippedReader(folder.name, model, load_encoder())
