"""The share of active dimensions, not their number.

Caught by: active_units
"""


def active_units(mean, threshold=0.01):
    return float((mean.var(0) > threshold).float().mean())
