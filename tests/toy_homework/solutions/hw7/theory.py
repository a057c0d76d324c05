"""The formula that the theory problem of the toy homework ends in.

Units   nats.
"""

import math


def coin_entropy(p: float) -> float:
    """The entropy of a coin with 0 < p < 1, in nats."""
    return -p * math.log(p) - (1 - p) * math.log1p(-p)
