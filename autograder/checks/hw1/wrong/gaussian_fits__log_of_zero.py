"""0 * (-inf - ...) where p is 0: the result is NaN.

Caught by: kl_where_p_is_zero
"""


def kl_grid(log_p, log_q, dx):
    return (log_p.exp() * (log_p - log_q)).sum() * dx
