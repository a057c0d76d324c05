"""The logarithm of the average, K terms.

Caught by: value
"""


def iwae_two_point(p, a, b, K):
    return math.log(sum(math.comb(K, j) * p**j * (1 - p) ** (K - j) * (j * a + (K - j) * b) / K for j in range(K + 1)))
