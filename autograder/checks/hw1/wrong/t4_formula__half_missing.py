"""The squares of the likelihood are not halved.

Caught by: value
"""


def conjugate_elbo(x, m, v, s):
    log_likelihood = -0.5 * math.log(2 * math.pi * s**2) - ((x - m) ** 2 + v) / s**2
    log_prior = -0.5 * math.log(2 * math.pi) - (m**2 + v) / 2
    entropy = 0.5 * math.log(2 * math.pi * math.e * v)
    return log_likelihood + log_prior + entropy
