"""The distribution of the count by recursion, as in Pascal's triangle."""

import numpy as np


def iwae_two_point(p, a, b, K):
    chances = [1.0]
    for _ in range(K):
        chances = [p * x + (1 - p) * y for x, y in zip([0.0] + chances, chances + [0.0])]
    return sum(c * np.log(b + (a - b) * j / K) for j, c in enumerate(chances))
