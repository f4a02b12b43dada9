"""The first call apart, the others among themselves."""

from collections.abc import Callable
from statistics import mean, median

from companion.check.running import call, fail, name_of, number, shown

LOAD, EACH = 0.9, {"a": 0.060, "b": 0.030, "c": 0.022, "d": 0.090}

FIRST_COUNTED = "The first call, which loads, is among the calls of this number: report it apart."
FIRST_WARM = "`first` is a warm call there: the very first call of all is asked for."
MEAN = "That is the mean: one slow call moves it."
SECONDS = "That is in seconds: milliseconds are asked for."
CLOCK = "Ask `clock` for the time before and after each call: no other clock knows this machine's time."
LEFT_OUT = "A text was left out: once warm, every text is timed, the first one again."
CALLS = "After the first call every text is called once more, in its order."
KEYS = "A dict with the keys 'first', 'median' and 'slowest' is wanted."
ELSE = "One call on texts[0], then one call on each text; median and slowest of the latter."


class Machine:
    """A model whose first call is slow, with a clock of its own."""

    def __init__(self):
        self.now, self.calls = 50.0, []

    def clock(self) -> float:
        """The machine's time in seconds."""
        return self.now

    def answer(self, text: str) -> str:
        """Take the time that this text takes."""
        self.now += EACH[text] + (0.0 if self.calls else LOAD)
        self.calls.append(text)
        return f"answer to {text}"


def check(timed: Callable) -> None:
    """`timed(call, texts, clock)` is {"first", "median", "slowest"} in milliseconds."""
    for texts in (["a", "b", "c", "d"], ["b"], ["d", "a"]):
        machine = Machine()
        said = f"{name_of(timed)}(call, {texts}, clock)"
        got = call(timed, machine.answer, list(texts), machine.clock, untouched=False)
        if not isinstance(got, dict) or set(got) != {"first", "median", "slowest"}:
            fail(f"{said} gave {shown(got)}.", "The function ends without `return`." if got is None else KEYS)
        _check_numbers({key: number(got[key], f"{said}[{key!r}]") for key in got}, texts, said)
        if machine.calls != [texts[0], *texts]:
            fail(f"{said} called on {machine.calls}, and not on {[texts[0], *texts]}.", CALLS)


def _check_numbers(got: dict[str, float], texts: list[str], said: str) -> None:
    warm = [1000 * EACH[text] for text in texts]
    right = {"first": 1000 * LOAD + warm[0], "median": median(warm), "slowest": max(warm)}
    cold = [right["first"], *warm[1:]]
    traps = {
        "first": [(FIRST_WARM, warm[0])],
        "median": [
            (FIRST_COUNTED, median(cold)),
            (FIRST_COUNTED, median([right["first"], *warm])),
            (LEFT_OUT, median(warm[1:] or [-1.0])),
            (MEAN, mean(warm)),
            (MEAN, mean(cold)),
        ],
        "slowest": [(FIRST_COUNTED, right["first"]), (LEFT_OUT, max(warm[1:] or [-1.0]))],
    }
    for key, value in right.items():
        if abs(got[key] - value) < 1e-6:
            continue
        why = next((why for why, wrong in traps[key] if abs(got[key] - wrong) < 1e-6), ELSE)
        if abs(1000 * got[key] - value) < 1e-3:
            why = SECONDS
        elif abs(got[key]) < 1e-1:
            why = CLOCK
        fail(f"{said} gave {got[key]:.2f} ms for {key!r} and not {value:.2f} ms.", why)
