"""f is applied after the sum, not inside.

Caught by: f_divergence_is_the_average_under_q
"""


def f_divergence(p, q, f):
    return f((q * (p / q)).sum())
