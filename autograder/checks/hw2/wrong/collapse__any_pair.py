"""A dimension is active when two data points differ by more than the threshold.

Caught by: active_units
"""


def active_units(mean, threshold=0.01):
    return int(((mean.max(0).values - mean.min(0).values) > threshold).sum())
