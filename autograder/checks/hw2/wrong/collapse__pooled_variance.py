"""One variance for all dimensions together.

Caught by: active_units
"""


def active_units(mean, threshold=0.01):
    return mean.shape[1] if mean.var() > threshold else 0
