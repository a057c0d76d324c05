"""Fresh noise in place of u.

Caught by: word_dropout
"""


def word_dropout(x, p, u):
    return torch.where(torch.rand_like(u) < p, 0.5, x)
