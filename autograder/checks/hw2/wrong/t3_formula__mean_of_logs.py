"""E[log w] for any K.

Caught by: value
"""


def iwae_two_point(p, a, b, K):
    return p * math.log(a) + (1 - p) * math.log(b)
