"""The likelihood of a coin that falls on its head with probability p.

Units   nats.
"""

import math


def coin_nll(p: float, heads: int, tails: int) -> float:
    """-log of the probability of one sequence with that many heads and tails, in nats; 0 < p < 1."""
    return -heads * math.log(p) - tails * math.log1p(-p)
