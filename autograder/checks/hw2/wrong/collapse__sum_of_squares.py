"""The squared deviations are added up, not averaged.

Caught by: active_units
"""


def active_units(mean, threshold=0.01):
    return int((((mean - mean.mean(0)) ** 2).sum(0) > threshold).sum())
