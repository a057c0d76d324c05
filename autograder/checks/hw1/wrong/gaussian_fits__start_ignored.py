"""The fit always starts from a standard normal, not from the given numbers.

Caught by: reverse_fit_seeks_the_near_mode
"""

from_the_start = fit_gaussian


def fit_gaussian(log_p, grid, direction, mean0, log_std0, steps=1000, learning_rate=0.05):
    return from_the_start(log_p, grid, direction, 0.0, 0.0, steps, learning_rate)
