"""A small number in the denominator makes the limits finite, and 0.

Caught by: alpha_divergence_at_the_limits
"""


def alpha_divergence(p, q, alpha):
    return 4 / (1 - alpha**2 + 1e-8) * (1 - (p ** ((1 + alpha) / 2) * q ** ((1 - alpha) / 2)).sum())
