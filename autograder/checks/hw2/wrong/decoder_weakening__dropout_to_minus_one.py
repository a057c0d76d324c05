"""Dropped symbols become -1.

Caught by: word_dropout
"""


def word_dropout(x, p, u):
    return torch.where(u < p, -1.0, x)
