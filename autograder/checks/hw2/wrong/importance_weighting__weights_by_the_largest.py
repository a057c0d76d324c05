"""Divided by the largest weight.

Caught by: weights
"""


def snis_weights(log_w):
    return torch.exp(log_w - log_w.max(0).values)
