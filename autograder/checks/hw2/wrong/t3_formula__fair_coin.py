"""The probability 1/2 in place of p.

Caught by: value
"""


def iwae_two_point(p, a, b, K):
    return sum(math.comb(K, j) * 0.5**K * math.log((j * a + (K - j) * b) / K) for j in range(K + 1))
