"""exp before the division: overflows.

Caught by: any_size
"""


def snis_weights(log_w):
    w = log_w.exp()
    return w / w.sum(0)
