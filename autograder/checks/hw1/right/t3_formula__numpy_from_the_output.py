"""Masks with numpy, multiplied from the output to the input, in floating point."""

import numpy as np


def path_counts(degrees, D):
    inputs = np.arange(D) + 1
    product = (inputs[:, None] > np.array(degrees[-1])[None, :]).astype(float)
    for upper, lower in zip(degrees[::-1], degrees[-2::-1]):
        product = np.einsum("ou,ul->ol", product, np.greater_equal.outer(upper, lower).astype(float))
    return product @ np.greater_equal.outer(degrees[0], inputs).astype(float)
