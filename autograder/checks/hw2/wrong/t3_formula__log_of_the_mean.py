"""log E[w] for any K.

Caught by: value
"""


def iwae_two_point(p, a, b, K):
    return math.log(p * a + (1 - p) * b)
