"""log K is not subtracted: above log p(x).

Caught by: between_elbo_and_evidence
"""


def iwae_bound(log_w):
    return log_w.logsumexp(0)
