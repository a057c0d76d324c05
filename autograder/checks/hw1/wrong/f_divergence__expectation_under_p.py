"""The average is taken under p.

Caught by: f_divergence_is_the_average_under_q
"""


def f_divergence(p, q, f):
    return (p * f(p / q)).sum()
