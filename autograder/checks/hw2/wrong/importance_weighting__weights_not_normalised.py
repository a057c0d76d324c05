"""The weights themselves.

Caught by: weights
"""


def snis_weights(log_w):
    return log_w.exp()
