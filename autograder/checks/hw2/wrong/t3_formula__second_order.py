"""The delta method: exact for many weights only.

Caught by: value
"""


def iwae_two_point(p, a, b, K):
    mean = p * a + (1 - p) * b
    return math.log(mean) - p * (1 - p) * (a - b) ** 2 / (2 * K * mean**2)
