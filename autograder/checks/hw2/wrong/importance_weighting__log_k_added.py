"""log K is added.

Caught by: bound
"""


def iwae_bound(log_w):
    return log_w.logsumexp(0) + math.log(len(log_w))
