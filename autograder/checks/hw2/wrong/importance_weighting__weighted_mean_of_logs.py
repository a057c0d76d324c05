"""The mean of the log weights under the normalised weights: above log p(x).

Caught by: bound
"""


def iwae_bound(log_w):
    return (log_w.softmax(0) * log_w).sum(0)
