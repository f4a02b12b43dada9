"""What training holds in memory, and what storing in few bits loses: two figures of notebook 4.2a."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from companion.show.figures import canvas, figure
from companion.show.style import COLOURS

PARTS = {  # what a bar is made of: its name, colour, hatch
    "weights": ("weights", "finetune", ""),
    "gradients": ("gradients", "you", "//"),
    "averages": ("AdamW's averages", "document", ".."),
    "rest": ("all else: activations, working room", "baseline", ""),
}


def memory_bars(table: Mapping[str, Mapping[str, float]]) -> None:
    """Lying bars of the process's peak, one a way of training, and the numbers with the seconds of a step.

    ``table`` is what ``qlora_measure.cost_table`` gives: megabytes of "weights", "gradients", "averages", "peak".
    """
    rows = {name: {**row, "rest": row["peak"] - sum(row[p] for p in list(PARTS)[:3])} for name, row in table.items()}
    spoken = "; ".join(f"{name}: weights {r['weights']:.0f}, peak {r['peak']:.0f}" for name, r in rows.items())
    shown = {
        name: {f"{p}, MB": float(round(r[p], 1)) for p in ("weights", "gradients", "averages", "peak")}
        | {"all else, MB": float(round(r["rest"])), "a step, s": r["step"]}
        for name, r in rows.items()
    }
    figure(_bars(rows), f"Memory while training, in megabytes. {spoken}.", shown)


def _bars(rows: Mapping[str, Mapping[str, float]]) -> Any:
    fig, ax = canvas(7.2, 2.6)
    left = dict.fromkeys(rows, 0.0)
    for part, (said, colour, hatch) in PARTS.items():
        values = [max(0.0, row[part]) for row in rows.values()]
        style = {"color": COLOURS[colour], "hatch": hatch, "edgecolor": COLOURS["paper"], "height": 0.62}
        ax.barh(list(rows), values, left=list(left.values()), label=said, **style)
        left = {name: start + value for (name, start), value in zip(left.items(), values, strict=True)}
    for name, end in left.items():
        ax.annotate(f"{end:.0f} MB", (end, name), xytext=(5, 0), textcoords="offset points", va="center", fontsize=9)
    ax.invert_yaxis()
    ax.grid(False)
    ax.set_xlim(0, 1.15 * max(left.values()))
    ax.set_xlabel("MB that the process holds at its peak, beyond its libraries")
    fig.legend(loc="outside upper left", ncols=4, fontsize=8.5)
    return fig


def error_by_block(weights: Sequence[Any], blocks: Sequence[int] = (32, 64, 128, 256, 1024, 4096)) -> None:
    """Relative error of NF4 and of even steps (int4) against the block's size, over some matrices taken together."""
    from companion.finetune.quantize import INT4, NF4, bits_per_weight, relative_error, round_trip

    flat = _joined(weights)
    found = {
        size: {
            "bits": bits_per_weight(size),
            "NF4": relative_error(flat, round_trip(flat, size, NF4)),
            "int4": relative_error(flat, round_trip(flat, size, INT4)),
        }
        for size in blocks
    }
    said = "; ".join(f"{size}: NF4 {row['NF4']:.3f}, int4 {row['int4']:.3f}" for size, row in found.items())
    figure(_lines(found), f"Relative error by block size. {said}.", {str(size): row for size, row in found.items()})


def _joined(weights: Sequence[Any]) -> Any:
    import torch

    return torch.cat([weight.detach().flatten() for weight in weights])


def _lines(found: Mapping[int, Mapping[str, float]]) -> Any:
    fig, ax = canvas(7.2, 3.2)
    for name, colour, mark, beside in (("NF4", "finetune", "o", -40), ("int4", "ink", "s", 8)):
        values = [row[name] for row in found.values()]
        ax.plot(range(len(found)), values, marker=mark, color=COLOURS[colour])
        label = f"{name}, {'levels of the bell curve' if name == 'NF4' else 'even steps'}"
        ax.annotate(label, (len(found) - 1, values[-1]), xytext=(0, beside), textcoords="offset points", ha="right",
                    color=COLOURS[colour], fontweight="bold")  # fmt: skip
    ax.set_xticks(range(len(found)), [f"{size}\n{row['bits']:.2f} bits" for size, row in found.items()])
    ax.set_xlabel("weights that share a scale, and bits a weight (scales in 32 bits)")
    ax.set_ylabel("relative error")
    ax.set_ylim(0, 1.18 * max(row["int4"] for row in found.values()))
    return fig
