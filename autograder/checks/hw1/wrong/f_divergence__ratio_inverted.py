"""f is applied to q / p.

Caught by: f_divergence_is_the_average_under_q
"""


def f_divergence(p, q, f):
    return (q * f(q / p)).sum()
