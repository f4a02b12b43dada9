"""QLoRA's bytes: codes, scales, the scales' scales, what stays in 32 bits, and four numbers for each trained one."""

from collections.abc import Callable

from companion.check.running import call, called, fail, number

CASES = [  # weights of each stored matrix, weights that stay in 32 bits, trained numbers
    ([147_456], 0, 0),
    ([147_456, 589_824], 1_000, 0),
    ([147_456], 0, 6_144),
    ([65], 0, 0),
    ([100_000, 33, 16_448], 12_345, 777),
]
NO_SCALES = "The scales were left out: each block of 64 weights has one of 8 bits."
FULL_SCALES = "The scales were counted with 4 bytes: with double quantisation each takes one byte."
NO_SECOND = "The second level was left out: 256 scales of 8 bits share one more of 32 bits."
JOINED = "The matrices were joined before they were cut: each matrix begins its own blocks, the last may be shorter."
FLOORED = "The last block or byte was rounded away: a block of one weight has a scale too, half a byte is a byte."
NO_KEPT = "What stays in 32 bits takes four bytes a number, and was left out."
FACTORS_ONLY = "A trained number needs more than itself: its slope, and AdamW's two running averages, 32 bits each."
NO_AVERAGES = "AdamW keeps two running averages of each trained number: 8 bytes more."
TRAINED_ALL = "Slopes and averages were counted for frozen numbers: only what is trained has any."
IN_BITS = "That is the number of bits: eight of them make a byte."


def check(count: Callable) -> None:
    """`count(matrices, kept, trained)` -> bytes of weights, gradients and AdamW's averages together."""
    for case in CASES:
        got = number(call(count, *case), called(count, *case))
        if got != total(*case):
            fail(f"{called(count, *case)} gave {got:,.0f} and not {total(*case):,}.", _why(got, *case))


def up(count: int, size: int) -> int:
    """How many blocks of a size hold so many."""
    return -(-count // size)


def total(matrices: list[int], kept: int, trained: int, scale: int = 1, second: int = 4, each: int = 16) -> int:
    """The bytes, or those of a misconception."""
    stored = sum(up(n, 2) + scale * up(n, 64) + second * up(up(n, 64), 256) for n in matrices)
    return stored + 4 * kept + each * trained


def _why(got: float, matrices: list[int], kept: int, trained: int) -> str:
    case = (matrices, kept, trained)
    floored = sum(n // 2 + n // 64 + 4 * (n // 64 // 256) for n in matrices) + 4 * kept + 16 * trained
    reasons = [
        (FLOORED, floored),
        (NO_SCALES, total(*case, scale=0, second=0)),
        (FULL_SCALES, total(*case, scale=4, second=0)),
        (FULL_SCALES, total(*case, scale=4)),
        (NO_SECOND, total(*case, second=0)),
        (JOINED, total([sum(matrices)], kept, trained)),
        (FLOORED, sum(n / 2 + n / 64 + 4 * n / 64 / 256 for n in matrices) + 4 * kept + 16 * trained),
        (NO_KEPT, total(matrices, 0, trained)),
        (FACTORS_ONLY, total(*case, each=4)),
        (NO_AVERAGES, total(*case, each=8)),
        (NO_AVERAGES, total(*case, each=12)),
        (TRAINED_ALL, total(*case) + 12 * kept),
        (IN_BITS, 8 * total(*case)),
    ]
    fits = (why for why, wrong in reasons if abs(got - wrong) < 0.5)
    return next(fits, "Count matrix by matrix: codes, scales, second scales. Then 4 bytes for each kept number, and 16 "
                "for each trained one.")  # fmt: skip
