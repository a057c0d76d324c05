"""Maximum likelihood for a coin.

Units   nats.
"""

from solutions.hw7.coins import coin_nll


def fit_coin(heads: int, tails: int) -> tuple[float, float]:
    """The p that makes `coin_nll` smallest, and its value there; heads and tails are at least 1."""
    p = heads / (heads + tails)
    return p, coin_nll(p, heads, tails)
