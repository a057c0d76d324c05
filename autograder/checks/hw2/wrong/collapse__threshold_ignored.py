"""The threshold is always 0.01.

Caught by: active_units
"""


def active_units(mean, threshold=0.01):
    return int((mean.var(0) > 0.01).sum())
