"""log B is subtracted.

Caught by: bound
"""


def iwae_bound(log_w):
    return log_w.logsumexp(0) - math.log(log_w.shape[1])
