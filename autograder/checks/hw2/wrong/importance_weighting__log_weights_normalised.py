"""The logarithms of the normalised weights.

Caught by: weights
"""


def snis_weights(log_w):
    return log_w.log_softmax(0)
