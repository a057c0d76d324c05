"""The others are divided by 1 - p, as ordinary dropout does.

Caught by: word_dropout
"""


def word_dropout(x, p, u):
    return torch.where(u < p, 0.5, x / max(1 - p, 1e-6))
