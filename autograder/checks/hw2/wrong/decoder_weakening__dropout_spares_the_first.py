"""The first symbol is never dropped.

Caught by: word_dropout
"""


def word_dropout(x, p, u):
    seen = torch.where(u < p, 0.5, x)
    seen[:, 0] = x[:, 0]
    return seen
