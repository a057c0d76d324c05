"""B: how much a guest can still carry to the page, where it must: in shapes, lines, kinds of errors and types.

    python -m autograder.attacks.narrow      # bits of one check, for the table in SECURITY.md

Each number is the logarithm of the sentences between which a guest can choose. They follow from what the code allows,
so that whoever widens a channel finds another number.
"""

from __future__ import annotations

import math

from autograder import checking
from autograder.sandbox import messages, wording

WIDEST = (5, 3, 4, 7)  # the shape of images, all of whose sizes differ: nothing with more dimensions is asked for

WORDS = messages.LINE // 2  # on a quoted line, at most


def shapes(expected: tuple[int, ...]) -> int:
    """How many sentences there are about a tensor of the wrong shape; see `checking.shown_shape`."""
    symbols = len({1, math.prod(expected), *expected}) + 1  # one more for all sizes that the question does not hold
    return sum(symbols**dimensions for dimensions in range(len(expected) + 2)) + 1


def bits() -> dict[str, float]:
    """The bits of each way, for one check."""
    counts = {
        "the shape of a wrong answer": shapes(WIDEST),
        "the line that raises, and what is said of it": messages.MOST_LINES
        * (len(messages.KNOWN_TYPES) + 1 + wording.choices(WORDS)),
        "the type of a returned object": len(messages.NAMES_SHOWN) + 1,
        "how the check ends": len(checking.STATES),
    }
    return {name: math.log2(count) for name, count in counts.items()}


if __name__ == "__main__":
    for name, value in bits().items():
        print(f"{name:50} {value:5.1f} bits")
