"""1 / (1 - alpha^2) in place of 4 / (1 - alpha^2) between the limits.

Caught by: alpha_divergence_between_the_limits
"""

with_factor = alpha_divergence


def alpha_divergence(p, q, alpha):
    value = with_factor(p, q, alpha)
    return value if abs(alpha) == 1 else value / 4
