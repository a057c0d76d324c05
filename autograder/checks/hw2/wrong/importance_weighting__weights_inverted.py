"""The weights of the negative log weights.

Caught by: weights
"""


def snis_weights(log_w):
    return (-log_w).softmax(0)
