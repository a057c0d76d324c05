"""p is the probability of keeping a symbol.

Caught by: word_dropout
"""


def word_dropout(x, p, u):
    return torch.where(u < p, x, torch.full_like(x, 0.5))
