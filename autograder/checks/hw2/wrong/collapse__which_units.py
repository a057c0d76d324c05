"""The dimensions themselves, not their number.

Caught by: active_units
"""


def active_units(mean, threshold=0.01):
    return mean.var(0) > threshold
