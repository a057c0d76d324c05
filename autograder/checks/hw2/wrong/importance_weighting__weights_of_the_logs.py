"""The log weights are divided by their sum.

Caught by: weights
"""


def snis_weights(log_w):
    return log_w / log_w.sum(0)
