"""Counts the dimensions below the threshold.

Caught by: active_units
"""


def active_units(mean, threshold=0.01):
    return int((mean.var(0) < threshold).sum())
