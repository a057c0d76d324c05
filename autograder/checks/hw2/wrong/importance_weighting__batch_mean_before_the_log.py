"""The weights are averaged over the batch too, before the logarithm.

Caught by: bound
"""


def iwae_bound(log_w):
    return (log_w.flatten().logsumexp(0) - math.log(log_w.numel())).expand(log_w.shape[1])
