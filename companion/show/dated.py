"""Slide the day a law is asked about: the answer and the wording found change; with the filter last, it vanishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from companion.scenarios.law import DEPTHS, FIRST_DAY, OPEN_END, Version, versions
from companion.scenarios.moving import read
from companion.show.display import show_widget, svg_image, text
from companion.show.living import box, paper, said, still, stops, svg, words
from companion.show.style import COLOURS

WIDTH, HEIGHT = 740, 206
LEFT, RIGHT, BAR = 20, 720, 30  # the years' edges; a wording's height
BOX, STEP, SHOWN = 64, 70.7, 10  # a found wording's width, from one to the next, how many are drawn
EXAMPLES = (
    "How much does it cost to get my apartment registered?",
    "How many nights per calendar year are allowed for an entire home?",
    "Amount of the nightly charge for an adult tourist?",
    "What fine does a host face who lets without being registered?",
)
ALT = "The wordings of one section on a line of years, and the ten most similar wordings; the sentence above says both."


@dataclass(frozen=True)
class Traced:
    """A question, all wordings in the order of their similarity to it, and the section that a sorter named."""

    question: str
    ranking: tuple[Version, ...]
    named: str = ""

    def first(self, as_of: str) -> Version:
        """Filter, then search: the most similar of those in force."""
        return next(version for version in self.ranking if _in_force(version, as_of))

    def after(self, as_of: str, top_k: int) -> Version | None:
        """Search, then filter: the first of the best `top_k` that was in force, if one was."""
        return next((version for version in self.ranking[:top_k] if _in_force(version, as_of)), None)

    def newest(self) -> Version:
        """The most similar of today's wordings."""
        return next(version for version in self.ranking if version.end == OPEN_END)

    def learned(self) -> Version | None:
        """What a sorter that was trained on the law's first wording answers with."""
        return next((v for v in versions() if (v.section, v.start) == (self.named, FIRST_DAY)), None)


def date_slider(index: Any, sorter: Any = None, questions: Sequence[str] = EXAMPLES) -> None:
    """Questions to pick from, a slider for the day, one for k; the wordings found and four ways to answer.

    ``index`` is ``law_index(encoder)``. ``sorter`` has ``predict(texts)`` -> sections; without it the way of the
    fine-tuned model is left out. The still picture shows a day on which searching first leaves nothing, where
    there is one. Raises ValueError without a question.
    """
    if not questions:
        raise ValueError("There is nothing to ask: pass at least one question.")
    traced = trace(index, sorter, questions)
    slider = DateSlider(traced)
    first, day = next(iter(traced.values())), slider.day.value
    inner = page(first, day, slider.top_k.value, live=False)
    show_widget(slider.box, still(inner, "dated"), sentence(first, day, slider.top_k.value))


def trace(index: Any, sorter: Any, questions: Sequence[str]) -> dict[str, Traced]:
    """The ranking of every question, computed once: the day only decides which of it may be used."""
    by_id = {version.id: version for version in versions()}
    named = sorter.predict(list(questions)) if sorter is not None else [""] * len(questions)
    rankings = [tuple(by_id[hit.id] for hit in index.search(asked, len(by_id), "dense")) for asked in questions]
    return {q: Traced(q, ranking, name) for q, ranking, name in zip(questions, rankings, named, strict=True)}


class DateSlider:
    """The living part: ``question`` is a row of buttons, ``day`` and ``top_k`` are sliders, ``page`` the drawing."""

    def __init__(self, traced: Mapping[str, Traced]) -> None:
        import ipywidgets as w

        self.traced = traced
        self.question = w.ToggleButtons(options=list(traced), layout=w.Layout(width="98%"))
        self.day = stops([(day, day) for day in days()], vanishing_day(next(iter(traced.values()))), "as of")
        self.top_k = stops([(str(k), k) for k in DEPTHS], 5, "k")
        self.page = w.HTML()
        for part in (self.question, self.day, self.top_k):
            part.observe(self.draw, names="value")
        self.box = box(self.question, self.day, self.top_k, self.page, sheets=("dated",))
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Choose and draw again."""
        self.page.value = page(self.traced[self.question.value], self.day.value, self.top_k.value)


def days() -> list[str]:
    """The days on which some wording came into force, and today."""
    return sorted({version.start for version in versions()} | {read("law")["today"]})


def vanishing_day(traced: Traced, top_k: int = 5) -> str:
    """The first day on which searching first leaves nothing; today where there is none."""
    return next((day for day in days() if traced.after(day, top_k) is None), days()[-1])


def sentence(traced: Traced, day: str, top_k: int) -> str:
    """What the two orders of searching and filtering find, in words."""
    usable = sum(_in_force(version, day) for version in traced.ranking[:top_k])
    first, after = traced.first(day), traced.after(day, top_k)
    found = f"Filtering first finds {_name(first)}."
    if after is None:
        none = f"none of the {top_k} most similar wordings was in force"
        return f"As of {day}: {none}. Searching first is left with no answer. {found}"
    same = "the same one" if after == first else _name(after)
    return f"As of {day}: {usable} of the {top_k} most similar wordings in force. {found} Searching first finds {same}."


def page(traced: Traced, day: str, top_k: int, live: bool = True) -> str:
    """The sentence, the drawing and the four answers; ``live`` draws into the page, else it is a picture."""
    told = sentence(traced, day, top_k)
    picture = drawing(traced, day, top_k, ALT) if live else svg_image(drawing(traced, day, top_k), told, WIDTH)
    quoted = "" if live else f'<div class="quoted">“{text(traced.question)}”</div>'
    return f"{quoted}{said(told)}{picture}{_answers(traced, day, top_k)}"


def _in_force(version: Version, day: str) -> bool:
    return version.start <= day < version.end


def _name(version: Version) -> str:
    return f"§ {version.section} in the wording of {version.start}"


def _answers(traced: Traced, day: str, top_k: int) -> str:
    ways: dict[str, Version | None] = {
        "filter, then search": traced.first(day),
        f"search {top_k}, then filter": traced.after(day, top_k),
        "only today's wording kept": traced.newest(),
    }
    if traced.named:
        ways["fine-tuned on the law of 2016"] = traced.learned()
    return f'<div class="ways">{"".join(_answer(way, version, day) for way, version in ways.items())}</div>'


def _answer(way: str, version: Version | None, day: str) -> str:
    if version is None:
        return f'<div><b>{text(way)}</b><span class="bad">nothing left to answer from</span></div>'
    valid = _in_force(version, day)
    mark = '<span class="good">in force</span>' if valid else f'<span class="bad">not in force on {text(day)}</span>'
    return f"<div><b>{text(way)}</b><span>{text(version.text)} {mark}</span></div>"


def drawing(traced: Traced, day: str, top_k: int, alt: str = "") -> str:
    """The wordings of the section on a line of years, and the most similar wordings up to the tenth."""
    section = traced.first(day).section
    lane = [version for version in versions() if version.section == section]
    parts = [] if alt else [paper(WIDTH, HEIGHT)]
    parts.append(words(LEFT, 20, f"§ {section} {lane[0].title}: its wordings", 'font-weight="600"'))
    parts += [_wording(version, day) for version in lane]
    parts.append(_today(day))
    parts.append(words(LEFT, 126, "Most similar to the question, the best on the left", 'font-weight="600"'))
    parts += [_found(at, version, day, top_k) for at, version in enumerate(traced.ranking[:SHOWN])]
    parts.append(_cut(top_k))
    return svg(WIDTH, HEIGHT, "".join(parts), alt)


def _x(day: str) -> float:
    """A day on the line of years; what has no end goes to the right edge."""
    year, month, of_month = (int(part) for part in min(day, "2026-01-01").split("-"))
    return round(LEFT + (RIGHT - LEFT) * (year - 2016 + (month - 1) / 12 + (of_month - 1) / 365) / 10, 1)


def _wording(version: Version, day: str) -> str:
    low, high, now = _x(version.start), _x(version.end), _in_force(version, day)
    fill = COLOURS["rag"] if now else COLOURS["paper"]
    shape = f'x="{low + 1}" y="34" width="{round(high - low - 2, 1)}" height="{BAR}" rx="4"'
    colour = COLOURS["paper"] if now else COLOURS["muted"]
    label = words((low + high) / 2, 53, version.start[:4], f'text-anchor="middle" font-size="12" fill="{colour}"')
    edge = COLOURS["rag"] if now else COLOURS["edge"]
    return f'<rect {shape} fill="{fill}" stroke="{edge}"/>{label if high - low > 34 else ""}'


def _today(day: str) -> str:
    x = _x(day)
    side = "start" if x < 110 else "end" if x > 630 else "middle"
    label = words(x, 92, f"as of {day}", f'text-anchor="{side}" font-size="12" font-weight="600"')
    return f'<path d="M{x} 28V78" stroke="{COLOURS["ink"]}" stroke-width="2"/>{label}'


def _found(at: int, version: Version, day: str, top_k: int) -> str:
    x, now, seen = round(LEFT + STEP * at, 1), _in_force(version, day), at < top_k
    fill, ink = (COLOURS["rag"], COLOURS["paper"]) if now else (COLOURS["paper"], COLOURS["muted"])
    strike = "" if now else f'<path d="M{x + 8} 176L{x + BOX - 8} 142" stroke="{COLOURS["bad"]}" stroke-width="1.4"/>'
    shape = f'x="{x}" y="136" width="{BOX}" height="46" rx="5" fill="{fill}" stroke="{COLOURS["edge"]}"'
    middle = x + BOX / 2
    label = words(middle, 155, f"§ {version.section}", f'text-anchor="middle" font-weight="600" fill="{ink}"')
    label += words(middle, 172, version.start[:7], f'text-anchor="middle" font-size="12" fill="{ink}"')
    return f'<g opacity="{1 if seen else 0.3}"><rect {shape}/>{label}{strike}</g>'


def _cut(top_k: int) -> str:
    """Where the list is cut off."""
    x = round(LEFT + STEP * min(top_k, SHOWN) - (STEP - BOX) / 2, 1)
    label = words(x, 201, f"k = {top_k}", f'text-anchor="middle" font-size="12" fill="{COLOURS["bad"]}"')
    return f'<path d="M{x} 133V187" stroke="{COLOURS["bad"]}" stroke-width="2" stroke-dasharray="4 3"/>{label}'
