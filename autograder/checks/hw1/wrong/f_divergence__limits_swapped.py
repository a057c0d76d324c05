"""The two KLs are taken at each other's limit.

Caught by: alpha_divergence_at_the_limits
"""

between_the_limits = alpha_divergence


def alpha_divergence(p, q, alpha):
    return between_the_limits(q, p, alpha) if abs(alpha) == 1 else between_the_limits(p, q, alpha)
