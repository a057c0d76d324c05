"""log p(x): the ELBO at its best q, whatever q is.

Caught by: value
"""


def conjugate_elbo(x, m, v, s):
    log_likelihood = -0.5 * math.log(2 * math.pi * (1 + s**2))
    log_prior = -(x**2) / (2 * (1 + s**2))
    entropy = 0
    return log_likelihood + log_prior + entropy
