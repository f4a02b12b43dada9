"""Choose a teacher and a temperature: its gauges before anyone is taught, then what its student learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from companion.show.display import show_widget, svg_image
from companion.show.figures import canvas, figure
from companion.show.gauge import PANEL, Gauge, a_row, drawing
from companion.show.living import box, said, still, stops
from companion.show.style import COLOURS, CYCLE

LIMITS = {  # the gauges' names, limits and ends
    "right": ("letters sorted rightly", {"at_least": 0.7}),
    "calibration": ("calibration error", {"at_most": 0.15, "high": 0.6}),
    "doubt": ("doubt in the lesson", {"at_least": 0.15}),
}
START = ("weak", 3.0)


def dials(row: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> tuple[Gauge, ...]:
    """The three gauges of a teacher; ``before`` is the row of the same teacher before it was mended."""
    was = before or {}
    return tuple(
        Gauge(name, row[key], before=was.get(key), **{k: v for k, v in limit.items()})
        for key, (name, limit) in LIMITS.items()
    )


def teacher_slider(table: Sequence[Mapping[str, Any]]) -> None:
    """A slider through the teachers and temperatures of the stored run: dials, and the student in words.

    ``table``: rows with "part" "teacher" of one seed. Raises ValueError without such a row.
    """
    slider = TeacherSlider(table)
    row = slider.rows[slider.at.value]
    image = svg_image(drawing(dials(row)), sentence(row), PANEL * a_row(len(LIMITS)))
    show_widget(slider.box, still(said(sentence(row)) + image), sentence(row))


class TeacherSlider:
    """The living part: ``at`` is turned, ``page`` is the drawing."""

    def __init__(self, table: Sequence[Mapping[str, Any]]) -> None:
        import ipywidgets as w

        self.rows = [row for row in table if row["part"] == "teacher"]
        if not self.rows:
            raise ValueError("No teacher is in this table: pass rows of the stored run 'traps_distil'.")
        names = [(f"{row['teacher']}, T = {row['T']:g}", at) for at, row in enumerate(self.rows)]
        self.at = stops(names, 0, "teacher")
        self.page = w.HTML()
        self.at.observe(self.draw, names="value")
        self.box = box(self.at, self.page)
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Draw the gauges of the teacher that is chosen."""
        row = self.rows[self.at.value]
        inner = drawing(dials(row)).replace(
            "<svg ", f'<svg style="max-width:{PANEL * a_row(len(LIMITS))}px;height:auto" ', 1
        )
        self.page.value = said(sentence(row)) + inner


def sentence(row: Mapping[str, Any]) -> str:
    """The teacher and its student in words; the student is judged by the validation letters."""
    return (
        f"{row['teacher']} at T = {row['T']:g}: right {row['right']:.2f}, calibration error {row['calibration']:.2f}, "
        f"doubt {row['doubt']:.2f}. Its student sorts {row['validation']:.3f} of the validation writer's letters."
    )


def temperature_lines(table: Sequence[Mapping[str, Any]], what: str = "test") -> None:
    """The students' share right against T, one line a teacher; dots are seeds."""
    from companion.distill.traps_measure import cells

    found, shown = cells(table, what), {}
    fig, ax = canvas(7.2, 3.2)
    for colour, name in zip(CYCLE, dict.fromkeys(teacher for teacher, _ in found), strict=False):
        at = sorted(T for teacher, T in found if teacher == name)
        means = [fmean(found[name, T].values()) for T in at]
        for T in at:
            ax.plot([T] * len(found[name, T]), list(found[name, T].values()), ".", color=colour, alpha=0.5)
        ax.plot(at, means, "o-", color=colour, label=name)
        known = dict(zip(at, means, strict=True))
        shown[name] = {f"T = {T:g}": known.get(T, "") for T in sorted({T for _, T in found})}
    ax.set(xscale="log", xlabel="temperature", ylabel="the student's share right")
    ax.set_xticks([1, 3, 8], ["1", "3", "8"])
    ax.minorticks_off()
    ax.legend(fontsize=8)
    said_ = "; ".join(
        f"{n}: {', '.join(f'{k} {v:.3f}' for k, v in row.items() if v != '')}" for n, row in shown.items()
    )
    figure(fig, f"Share right of students by teacher and temperature, means over seeds. {said_}.", shown)


def size_lines(table: Sequence[Mapping[str, Any]], sizes: Sequence[tuple[int, int]]) -> None:
    """Students by their width: share right on a stranger's letters, and how far each follows its teacher."""
    from companion.distill.traps_measure import of_size

    shown, names = {}, []
    for width, longer in sizes:
        name = f"{width} wide" + (f", {longer} × the steps" if longer > 1 else "")
        names.append(name)
        shown[name] = {"test": fmean(of_size(table, width, longer).values()),
                       "followed": fmean(of_size(table, width, longer, "followed").values())}  # fmt: skip
    fig, ax = canvas(7.2, 2.9)
    at = range(len(names))
    ax.barh([i - 0.19 for i in at], [shown[n]["followed"] for n in names], 0.36, color=COLOURS["baseline"],
            label="follows its teacher, on the lesson's own texts")  # fmt: skip
    ax.barh([i + 0.19 for i in at], [shown[n]["test"] for n in names], 0.36, color=COLOURS["distill"],
            label="sorts a stranger's letters rightly")  # fmt: skip
    ax.set_yticks(list(at), names)
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
    alt = "; ".join(f"{n}: follows {r['followed']:.2f}, right {r['test']:.2f}" for n, r in shown.items())
    figure(fig, f"Students of several widths. {alt}.", shown)
