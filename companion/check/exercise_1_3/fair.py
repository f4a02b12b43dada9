"""Two things changed at once: what more texts gave, and what soft labels gave."""

from collections.abc import Callable

from companion.check.running import CheckFailed, call, fail, name_of, number, shown

Row = dict[tuple[str, str], float]  # (few or many, hard or soft) -> accuracy
ONE = [{("few", "hard"): 0.52, ("few", "soft"): 0.60, ("many", "hard"): 0.75, ("many", "soft"): 0.79}]
TWO = [*ONE, {("few", "hard"): 0.40, ("few", "soft"): 0.44, ("many", "hard"): 0.70, ("many", "soft"): 0.66}]
LONELY = [*TWO, {("many", "soft"): 0.98}, {("few", "hard"): 0.31, ("many", "hard"): 0.90}]
DIAGONAL = [{("few", "hard"): 0.50, ("many", "soft"): 0.79}, {("few", "hard"): 0.40, ("many", "soft"): 0.66}]
THREE = [{cell: value for cell, value in row.items() if cell != ("few", "soft")} for row in TWO]
SPLIT = [{("few", "hard"): 0.50, ("few", "soft"): 0.60}, {("many", "hard"): 0.70, ("many", "soft"): 0.66}]
FEW_ONLY = [{("few", "hard"): 0.50, ("few", "soft"): 0.60}]

DIAGONAL_GAIN = "Two things changed at once there, the texts and the labels: change one, hold the other."
ONE_LINE = "That is one of two comparisons: the other row or column of the table counts as well. Take their mean."
SUM = "That is the sum of two comparisons: take their mean."
SIGN = "The sign is turned round: a gain is many minus few, soft minus hard."
RATIO = "A gain is a difference of accuracies, not a share of the old one."
EXCHANGED = "The two gains changed places."
UNPAIRED = "A seed without all four cells has no partner to be compared with: leave it out."
ELSE = "For each complete seed: the mean of two differences, the other thing held. Then the mean over seeds."
REFUSE = "Without a seed that has all four cells there is no fair comparison: raise ValueError."
ONE_SIZE = (
    "All runs have the same number of texts here, so few and many are the same cell: there are two cells, not four."
)
ANOTHER_ERROR = "A caller waits for ValueError, with a sentence that says what is missing: look before you compute."


def check(fair_effects: Callable) -> None:
    """`fair_effects(runs)` is {"texts": gain, "softness": gain}, means over complete seeds of paired differences."""
    for rows, few, many in ((ONE, 640, 4040), (TWO, 90, 700), (LONELY, 640, 4040)):
        runs = _runs(rows, few, many)
        said = f"{name_of(fair_effects)}({_about(rows)})"
        got = _computed(fair_effects, runs, said, few, many)
        if got is None:
            fail(f"{said} gave None.", "The function ends without `return`.")
        if not isinstance(got, dict) or set(got) != {"texts", "softness"}:
            fail(f"{said} gave {shown(got)}.", "A dict with the keys 'texts' and 'softness' is wanted.")
        for key in ("texts", "softness"):
            _check_gain(key, number(got[key], f"{said}[{key!r}]"), rows, said)
    for rows, about in (
        (DIAGONAL, "only few hard and many soft"),
        (THREE, "no run with few soft"),
        (SPLIT, "seed 0 only few, seed 1 only many"),
        (FEW_ONLY, "only few texts"),
        ([], "no runs"),
    ):
        _check_refuses(fair_effects, _runs(rows, 640, 4040), about)


def _computed(fair_effects: Callable, runs: list[dict], said: str, few: int, many: int):
    try:
        return call(fair_effects, runs)
    except CheckFailed as error:
        if isinstance(error.__cause__, ValueError):
            why = f"There are complete seeds, with {few} and {many} texts: read these numbers from the runs."
            fail(f"{said} raised ValueError: {error.__cause__}", why)
        raise


def _check_gain(key: str, value: float, rows: list[Row], said: str) -> None:
    complete = [row for row in rows if len(row) == 4]
    right = _mean([sum(_differences(key, row)) / 2 for row in complete])
    if abs(value - right) < 1e-9:
        return
    fits = (why for why, wrong in _traps(key, rows, complete, right) if abs(value - wrong) < 1e-9)
    fail(f"{said} gave a gain of {value:+.3f} from {key} and not {right:+.3f}.", next(fits, ELSE))


def _differences(key: str, row: Row) -> tuple[float, float]:
    """The paired differences of one seed: one thing changes, the other is held."""
    if key == "texts":
        return tuple(row["many", labels] - row["few", labels] for labels in ("hard", "soft"))
    return tuple(row[texts, "soft"] - row[texts, "hard"] for texts in ("few", "many"))


def _traps(key: str, rows: list[Row], complete: list[Row], right: float):
    first, second = (_mean(side) for side in zip(*(_differences(key, row) for row in complete), strict=True))
    other = "softness" if key == "texts" else "texts"
    table = {cell: _mean([row[cell] for row in rows if cell in row]) for cell in ONE[0]}
    yield UNPAIRED, _mean(_differences(key, table))
    yield DIAGONAL_GAIN, _mean([row["many", "soft"] - row["few", "hard"] for row in complete])
    yield DIAGONAL_GAIN, table["many", "soft"] - table["few", "hard"]
    yield ONE_LINE, first
    yield ONE_LINE, second
    yield SUM, 2 * right
    yield SIGN, -right
    yield EXCHANGED, _mean([_mean(_differences(other, row)) for row in complete])
    for low in (("few", "hard"), ("many", "hard"), ("few", "soft")):
        yield RATIO, right / table[low]


def _check_refuses(fair_effects: Callable, runs: list[dict], about: str) -> None:
    said = f"{name_of(fair_effects)}(runs with {about})" if runs else f"{name_of(fair_effects)}([])"
    try:
        got = call(fair_effects, runs)
    except CheckFailed as error:
        if isinstance(error.__cause__, ValueError):
            return
        if error.__cause__ is None:
            raise
        fail(f"{said} raised {type(error.__cause__).__name__} and not ValueError.", ANOTHER_ERROR)
    one_size = len({run["texts"] for run in runs}) == 1
    fail(f"{said} gave {shown(got)}.", f"{ONE_SIZE} {REFUSE}" if one_size else REFUSE)


def _runs(rows: list[Row], few: int, many: int) -> list[dict]:
    """Records as the notebook has them, in an order that helps nobody."""
    size = {"few": few, "many": many}
    runs = [
        {"texts": size[texts], "labels": labels, "seed": seed, "accuracy": value}
        for seed, row in enumerate(rows)
        for (texts, labels), value in row.items()
    ]
    return runs[::-2] + runs[-2::-2]


def _about(rows: list[Row]) -> str:
    complete = sum(len(row) == 4 for row in rows)
    more = f", {len(rows) - complete} without all four cells" if len(rows) > complete else ""
    return f"runs of {complete} complete seed{'s' if complete > 1 else ''}{more}"


def _mean(values) -> float:
    return sum(values) / len(values)
