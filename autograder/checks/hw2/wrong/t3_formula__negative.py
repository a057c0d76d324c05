"""The loss, not the bound.

Caught by: value
"""


def iwae_two_point(p, a, b, K):
    return -sum(math.comb(K, j) * p**j * (1 - p) ** (K - j) * math.log((j * a + (K - j) * b) / K) for j in range(K + 1))
