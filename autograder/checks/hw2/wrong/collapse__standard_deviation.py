"""The standard deviation is compared with the threshold.

Caught by: active_units
"""


def active_units(mean, threshold=0.01):
    return int((mean.std(0) > threshold).sum())
