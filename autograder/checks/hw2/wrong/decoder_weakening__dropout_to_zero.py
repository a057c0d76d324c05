"""Dropped symbols become 0, which is a symbol.

Caught by: word_dropout
"""


def word_dropout(x, p, u):
    return x * (u >= p)
