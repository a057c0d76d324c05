"""The average log weight of every count.

Caught by: value
"""


def iwae_two_point(p, a, b, K):
    return sum(math.comb(K, j) * p**j * (1 - p) ** (K - j) * (j * math.log(a) + (K - j) * math.log(b)) / K for j in range(K + 1))
