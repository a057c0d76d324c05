"""The largest log weight.

Caught by: between_elbo_and_evidence
"""


def iwae_bound(log_w):
    return log_w.max(0).values
