"""The average size of the means in place of their variance.

Caught by: active_units
"""


def active_units(mean, threshold=0.01):
    return int((mean.mean(0).abs() > threshold).sum())
