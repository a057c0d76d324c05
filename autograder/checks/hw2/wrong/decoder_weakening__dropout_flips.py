"""Dropped symbols are flipped.

Caught by: word_dropout
"""


def word_dropout(x, p, u):
    return torch.where(u < p, 1 - x, x)
