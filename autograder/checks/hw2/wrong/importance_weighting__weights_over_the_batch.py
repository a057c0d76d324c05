"""The weights are normalised over the batch.

Caught by: weights
"""


def snis_weights(log_w):
    return log_w.softmax(1)
