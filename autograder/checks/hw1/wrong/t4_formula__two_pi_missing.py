"""The constant of the likelihood lacks 2 pi.

Caught by: value
"""


def conjugate_elbo(x, m, v, s):
    log_likelihood = -0.5 * math.log(s**2) - ((x - m) ** 2 + v) / (2 * s**2)
    log_prior = -0.5 * math.log(2 * math.pi) - (m**2 + v) / 2
    entropy = 0.5 * math.log(2 * math.pi * math.e * v)
    return log_likelihood + log_prior + entropy
