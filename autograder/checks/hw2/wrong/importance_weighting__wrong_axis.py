"""The logarithm of the mean over the batch.

Caught by: bound
"""


def iwae_bound(log_w):
    return log_w.logsumexp(1) - math.log(log_w.shape[1])
