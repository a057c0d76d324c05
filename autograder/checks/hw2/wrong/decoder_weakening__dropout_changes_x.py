"""x itself is changed.

Caught by: word_dropout
"""


def word_dropout(x, p, u):
    x[u < p] = 0.5
    return x
