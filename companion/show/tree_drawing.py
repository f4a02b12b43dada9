"""The document's tree beside what the figures say: the way through it in ink, the seven paths as bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from companion.choose.advice import Advice
from companion.choose.needs import Needs
from companion.choose.options import NAMES, PATHS, Option
from companion.choose.tree import ASKED, TREE, Tree, tree_path
from companion.show.display import show, svg_image
from companion.show.living import paper, svg, words
from companion.show.style import COLOURS

WIDTH, HEIGHT, ALONE = 760, 306, 372  # with the bars; the tree alone
LEVEL, BOX, LEAF = 72, 190, 96  # points from one question to the next; widths of a question's box and of a leaf's
LEFT, RIGHT, TOP, ROW = (
    526,
    704,
    40,
    36,
)  # the bars: where a share of 0 and of 1 lie, the first one, from one to the next
SHORT = {
    "rag": "RAG",
    "finetune": "fine-tuning",
    "distill": "distillation",
    "zero-shot": "zero-shot",
    "rag+finetune": "RAG + fine-tuning",
    "rag+distill": "RAG + distillation",
    "finetune+distill": "fine-tuning + distill.",
}
WHY = {
    "latency_ms": "too slow",
    "memory_mb": "too large",
    "calls_per_day": "one core is too little",
    "sources": "names no source",
    "labels": "too few examples",
    "right": "hardly ever right",
}
HUES = {"rag": "rag", "finetune": "finetune", "distill": "distill", "zero-shot": "muted"}
GREY = f'font-size="12" fill="{COLOURS["muted"]}"'
BOLD = 'font-weight="600"'


def sentence(advice: Advice) -> str:
    """What the tree says and what the figures say, in words."""
    tree = NAMES[advice.tree.path] if advice.tree.path else "nothing yet, for it misses an answer"
    top = advice.ranking[0]
    if advice.path is None:
        why = f", and even {NAMES[top.path]} breaks a limit" if top.broken else ""
        return f"The tree says {tree}. The figures name no path{why}."
    return f"The tree says {tree}. The figures say {NAMES[top.path]}, right in {top.right:.2f} of the calls."


def drawing(advice: Advice, alt: str = "", tree: Tree = TREE) -> str:
    """The whole picture; with `alt` it is put into a page as it is, without it is a picture that stands alone."""
    parts = [] if alt else [paper(WIDTH, HEIGHT)]
    parts.append(words(12, 22, "The document's tree", BOLD))
    parts.append(words(392, 22, "What the figures say: share of the calls served", BOLD))
    parts += _nodes(tree, dict(advice.tree.steps), 0, True)
    parts += _bars(advice.ranking)
    return svg(WIDTH, HEIGHT, "".join(parts), alt)


def draw_tree(needs: Needs, tree: Tree = TREE) -> None:
    """The tree alone, with the way of these needs in ink; where there is no picture, the way in words."""
    walk = tree_path(needs, tree)
    steps = " ".join(f"{ASKED[ask]} {'Yes.' if yes else 'No.'}" for ask, yes in walk.steps)
    plain = f"{steps} The tree says {NAMES[walk.path] if walk.path else 'nothing yet'}.".strip()
    parts = [paper(ALONE, HEIGHT), words(12, 22, "The document's tree", BOLD), *_nodes(tree, dict(walk.steps), 0, True)]
    show(svg_image(svg(ALONE, HEIGHT, "".join(parts)), f"A tree of questions. {plain}", ALONE), plain)


def _nodes(tree: Tree, steps: Mapping[str, bool], level: int, reached: bool) -> Iterator[str]:
    """Questions go down on the left; each "yes" leads to a leaf on the right."""
    y = 40 + LEVEL * level
    if isinstance(tree, str):
        yield _leaf(12, y, tree, reached)
        return
    said = steps.get(tree["ask"]) if reached else None
    yield _box(12, y, BOX, ASKED[tree["ask"]], reached)
    yield _edge(f"M{12 + BOX} {y + 21}H{12 + BOX + 52}", BOX + 38, y + 15, "yes", said is True)
    yield _leaf(12 + BOX + 52, y, str(tree["yes"]), said is True)
    yield _edge(f"M60 {y + 42}V{y + LEVEL}", 76, y + 61, "no", said is False)
    yield from _nodes(tree["no"], steps, level + 1, said is False)


def _edge(path: str, x: float, y: float, said: str, walked: bool) -> str:
    colour, width = (COLOURS["ink"], 3) if walked else (COLOURS["edge"], 1.4)
    style = BOLD if walked else GREY
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>' + words(
        x, y, said, f'text-anchor="middle" font-size="12" {style}' if walked else f'text-anchor="middle" {GREY}'
    )


def _box(x: float, y: float, wide: float, said: str, lit: bool, fill: str = "#fff") -> str:
    stroke, width = (COLOURS["ink"], 1.8) if lit else (COLOURS["edge"], 1.2)
    place = f'x="{x}" y="{y}" width="{wide}" height="42" rx="8"'
    frame = f'<rect {place} fill="{fill}" stroke="{stroke}" stroke-width="{width}"/>'
    ink = COLOURS["ink"] if lit else COLOURS["muted"]
    lines = _two_lines(said)
    top = y + (26 if len(lines) == 1 else 18)
    return frame + "".join(
        words(x + wide / 2, top + 16 * n, part, f'text-anchor="middle" font-size="12.5" fill="{ink}"')
        for n, part in enumerate(lines)
    )


def _leaf(x: float, y: float, path: str, lit: bool) -> str:
    colour = COLOURS[HUES[path.split("+")[0]]]
    if not lit:
        return _box(x, y, LEAF, SHORT[path], False, "none")
    frame = f'<rect x="{x}" y="{y}" width="{LEAF}" height="42" rx="8" fill="{colour}"/>'
    return frame + words(x + LEAF / 2, y + 26, SHORT[path], f'text-anchor="middle" fill="#fff" font-size="13" {BOLD}')


def _two_lines(said: str) -> list[str]:
    if len(said) <= 26:
        return [said]
    parts = said.split()
    cuts = [(" ".join(parts[:i]), " ".join(parts[i:])) for i in range(1, len(parts))]
    return list(min(cuts, key=lambda cut: max(map(len, cut))))


def _bars(ranking: Sequence[Option]) -> Iterator[str]:
    first = ranking[0]
    by_path = {option.path: option for option in ranking}
    for share in (0, 0.5, 1):
        x = _x(share)
        colour = COLOURS["grid" if share else "muted"]
        yield f'<path d="M{x} {TOP - 6}V{TOP + ROW * len(PATHS) - 4}" stroke="{colour}"/>'
    for at, path in enumerate(PATHS):
        yield _bar(TOP + ROW * at, by_path[path], path == first.path and not first.broken)


def _bar(y: float, option: Option, best: bool) -> str:
    members, broken = option.members, list(option.broken)
    label = words(LEFT - 8, y + 15, SHORT[option.path], f'text-anchor="end" font-size="12.5" {BOLD if best else ""}')
    wide = max(1.0, round(_x(option.right) - LEFT, 1))
    if broken:
        rest = f'fill="none" stroke="{COLOURS["edge"]}" stroke-width="1.3" stroke-dasharray="4 3"'
        bar = f'<rect x="{LEFT}" y="{y + 2}" width="{wide}" height="18" rx="3" {rest}/>'
    else:  # two paths together have both colours
        half = round(wide / len(members), 1)
        bar = "".join(
            f'<rect x="{round(LEFT + half * n, 1)}" y="{y + 2}" width="{half}" height="18" '
            f'fill="{COLOURS[HUES[member]]}" fill-opacity="{1 if best else 0.35}"/>'
            for n, member in enumerate(members)
        )
    number = words(_x(option.right) + 7, y + 15.5, f"{option.right:.2f}", f'font-size="12.5" {BOLD if best else ""}')
    why = words(LEFT, y + 31, ", ".join(WHY[name] for name in broken), f'font-size="11" fill="{COLOURS["bad"]}"')
    return label + bar + number + (why if broken else "")


def _x(share: float) -> float:
    return round(LEFT + share * (RIGHT - LEFT), 1)
