"""The variance runs over the dimensions, not over the data.

Caught by: active_units
"""


def active_units(mean, threshold=0.01):
    return int((mean.var(1) > threshold).sum())
