"""Whole numbers: 0.5 becomes 0.

Caught by: word_dropout
"""


def word_dropout(x, p, u):
    return torch.where(u < p, 0.5, x).long()
