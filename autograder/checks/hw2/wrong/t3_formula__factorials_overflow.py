"""Factorials as floats: they overflow for many weights.

Caught by: many_weights
"""


def iwae_two_point(p, a, b, K):
    f = lambda n: float(math.prod(range(1, n + 1)))
    return sum(f(K) / f(j) / f(K - j) * p**j * (1 - p) ** (K - j) * math.log((j * a + (K - j) * b) / K) for j in range(K + 1))
