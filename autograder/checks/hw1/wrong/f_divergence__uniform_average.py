"""A plain mean over the symbols in place of the average under q.

Caught by: f_divergence_is_the_average_under_q
"""


def f_divergence(p, q, f):
    return f(p / q).mean()
