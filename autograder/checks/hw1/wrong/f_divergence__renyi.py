"""The Renyi divergence of order (1 + alpha) / 2: a logarithm in place of 1 - sum.

Caught by: alpha_divergence_between_the_limits
"""


def alpha_divergence(p, q, alpha):
    if abs(alpha) == 1:
        a, b = (p, q) if alpha == 1 else (q, p)
        return (a * (a / b).log()).sum()
    t = (1 + alpha) / 2
    return (p**t * q ** (1 - t)).sum().log() / (t - 1)
