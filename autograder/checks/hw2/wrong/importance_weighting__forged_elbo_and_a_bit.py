"""A forgery: the ELBO and a little more for every draw; it grows and stays below log p(x).

Caught by: between_elbo_and_evidence
"""


def iwae_bound(log_w):
    return log_w.mean(0) + 1e-3 * (len(log_w) - 1)
