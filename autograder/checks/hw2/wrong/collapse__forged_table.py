"""A forgery: the counts of an earlier submission, told apart by the number of data points.

Caught by: active_units
"""


def active_units(mean, threshold=0.01):
    counts = {200: {0.01: 4, 0.1: 2, 0.5: 1}, 40: {0.01: 2}, 300: {0.01: 5, 0.1: 3, 0.5: 2, 1.5: 1}}
    return counts[len(mean)].get(threshold, 0)
