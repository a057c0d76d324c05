"""KL(p || q) at alpha = -1 too.

Caught by: alpha_divergence_at_the_limits
"""

between_the_limits = alpha_divergence


def alpha_divergence(p, q, alpha):
    return between_the_limits(p, q, abs(alpha) if abs(alpha) == 1 else alpha)
