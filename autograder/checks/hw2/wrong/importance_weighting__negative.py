"""The loss comes back, not the bound.

Caught by: bound
"""


def iwae_bound(log_w):
    return math.log(len(log_w)) - log_w.logsumexp(0)
