"""p and q change places everywhere: E_p[f(q / p)].

Caught by: f_divergence_is_the_average_under_q
"""


def f_divergence(p, q, f):
    return (p * f(q / p)).sum()
