"""A dropped symbol becomes its uniform number.

Caught by: word_dropout
"""


def word_dropout(x, p, u):
    return torch.where(u < p, u, x)
