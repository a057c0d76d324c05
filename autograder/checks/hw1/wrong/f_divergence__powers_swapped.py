"""Amari's own sign of alpha: the two powers change places.

Caught by: alpha_divergence_between_the_limits
"""

other_sign = alpha_divergence


def alpha_divergence(p, q, alpha):
    return other_sign(p, q, -alpha)
