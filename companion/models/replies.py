"""What a generator or a reader answers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """An answer from passages.

    Attributes:
        text: the answer in words.
        cited: numbers of the passages it rests on, counted from 1; () for a refusal.
        prompt: all that the model got to read.
        spans: (start, end) character offsets of the answer in each cited passage.
        score: how sure the model is, in its own unit; larger is surer.
    """

    text: str
    cited: tuple[int, ...] = ()
    prompt: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    score: float = 0.0
