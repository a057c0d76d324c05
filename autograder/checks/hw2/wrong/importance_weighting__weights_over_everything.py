"""The weights are normalised over draws and batch together.

Caught by: weights
"""


def snis_weights(log_w):
    return log_w.flatten().softmax(0).view_as(log_w)
