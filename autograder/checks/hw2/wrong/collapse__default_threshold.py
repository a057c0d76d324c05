"""The default threshold is 0.1.

Caught by: active_units
"""


def active_units(mean, threshold=0.1):
    return int((mean.var(0) > threshold).sum())
