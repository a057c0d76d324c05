"""The case K = 2 for any K.

Caught by: value
"""


def iwae_two_point(p, a, b, K):
    return p * p * math.log(a) + 2 * p * (1 - p) * math.log((a + b) / 2) + (1 - p) ** 2 * math.log(b)
