"""p belongs to b.

Caught by: value
"""


def iwae_two_point(p, a, b, K):
    return sum(math.comb(K, j) * (1 - p)**j * p ** (K - j) * math.log((j * a + (K - j) * b) / K) for j in range(K + 1))
