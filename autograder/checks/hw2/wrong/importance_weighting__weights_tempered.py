"""The square roots of the weights are normalised.

Caught by: weights
"""


def snis_weights(log_w):
    return (log_w / 2).softmax(0)
