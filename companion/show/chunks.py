"""Slide the size of the chunks and see whether the sentence that holds the answer stays whole."""

from __future__ import annotations

from typing import Any

from companion.show.display import look, show_widget, text
from companion.show.living import box

LONGEST = 80  # words: the slider's end


def chunk_slider(document: str, gold_sentence: str, size: int = 20, overlap: int = 0) -> None:
    """Two sliders, for the size of a chunk and its overlap in words, over ``document`` drawn in chunks.

    Raises ValueError where ``gold_sentence`` is not in ``document``.
    """
    start = document.find(gold_sentence)
    if start < 0 or not gold_sentence:
        raise ValueError("The gold sentence is not in the text: copy it from there, letter by letter.")
    gold = (start, start + len(gold_sentence))
    first = pieces(document, size, overlap)
    sliders = Sliders(document, gold, size, overlap)
    still = f'{look("chunks")}<div class="companion">{_page(document, gold, first)}</div>'
    show_widget(sliders.box, still, verdict(first, gold)[1])


class Sliders:
    """The living part: ``size`` and ``overlap`` are sliders, ``page`` is the drawing."""

    def __init__(self, document: str, gold: tuple[int, int], size: int, overlap: int) -> None:
        import ipywidgets as w

        self.document, self.gold = document, gold
        longest = max(size, min(LONGEST, len(document.split())))
        shape = {"style": {"description_width": "120px"}, "layout": w.Layout(width="440px", max_width="98%")}
        self.size = w.IntSlider(size, 4, longest, description="size, words", **shape)
        self.overlap = w.IntSlider(overlap, 0, size - 1, description="overlap, words", **shape)
        self.page = w.HTML()
        self.size.observe(self._resized, names="value")
        self.overlap.observe(self.draw, names="value")
        self.box = box(self.size, self.overlap, self.page, kind="chunks")
        self.draw()

    def _resized(self, change: dict[str, Any]) -> None:
        # Overlap must stay below size, or the chunks would never move on.
        self.overlap.max = change["new"] - 1
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Split and draw again."""
        overlap = min(self.overlap.value, self.size.value - 1)
        self.page.value = _page(self.document, self.gold, pieces(self.document, self.size.value, overlap))


def pieces(document: str, size: int, overlap: int) -> list[tuple[int, int]]:
    """(start, end) of each chunk, by the splitter that the index uses."""
    from companion.rag import split_text

    return [(chunk.start, chunk.end) for chunk in split_text(document, size, overlap)]


def verdict(chunks: list[tuple[int, int]], gold: tuple[int, int]) -> tuple[bool, str]:
    """Whether some chunk holds the whole gold sentence, and a sentence that says so."""
    whole = [i for i, (a, b) in enumerate(chunks, 1) if a <= gold[0] and gold[1] <= b]
    touched = [i for i, (a, b) in enumerate(chunks, 1) if a < gold[1] and gold[0] < b]
    count = _chunks(len(chunks))
    if whole:
        return True, f"{count}. The gold sentence is whole, in chunk {' and '.join(map(str, whole))}."
    span = f"{touched[0]} {'and' if len(touched) == 2 else 'to'} {touched[-1]}"
    return False, (f"{count}. The gold sentence is CUT: its parts lie in chunks {span}, and no chunk holds all of it.")


def _chunks(count: int) -> str:
    return f"{count} chunk{'s' * (count != 1)}"


def segments(
    length: int, chunks: list[tuple[int, int]], gold: tuple[int, int]
) -> list[tuple[int, int, tuple[int, ...], bool]]:
    """The text cut wherever a chunk or the gold sentence begins or ends: (start, end, chunks, is gold)."""
    edges = sorted({0, length, *gold, *(edge for chunk in chunks for edge in chunk)})
    return [
        (
            a,
            b,
            tuple(i for i, (s, e) in enumerate(chunks) if s <= a and b <= e),
            gold[0] <= a and b <= gold[1],
        )
        for a, b in zip(edges, edges[1:], strict=False)
    ]


def _page(document: str, gold: tuple[int, int], chunks: list[tuple[int, int]]) -> str:
    whole, said = verdict(chunks, gold)
    starts = {start: i for i, (start, _) in enumerate(chunks, 1)}
    parts = segments(len(document), chunks, gold)
    body = "".join(_number(starts.get(a)) + _span(document[a:b], held, is_gold) for a, b, held, is_gold in parts)
    tone, sign = ("good", "✔") if whole else ("bad", "✂")
    key = "Each tint is a chunk, stripes are overlap, underlined is the gold sentence."
    return (
        f'<div class="paper chunked"><div role="status" class="said {tone}">{sign} {text(said)}</div>'
        f'<div class="body{" whole" * whole}">{body}</div><div class="muted">{key}</div></div>'
    )


def _number(number: int | None) -> str:
    return "" if number is None else f'<span class="number">{number}</span>'


def _span(piece: str, held: tuple[int, ...], is_gold: bool) -> str:
    names = ["gold"] if is_gold else []
    if len(held) == 1:
        names += ["one", f"t{held[0] % 3}"]
    elif held:
        names += ["two", f"t{held[0] % 3}", f"n{held[1] % 3}"]
    return f'<span class="{" ".join(names)}">{text(piece)}</span>'
