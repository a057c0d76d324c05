"""The mean of squares in place of the variance.

Caught by: active_units
"""


def active_units(mean, threshold=0.01):
    return int(((mean**2).mean(0) > threshold).sum())
