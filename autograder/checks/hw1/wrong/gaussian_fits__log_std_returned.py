"""fit_gaussian returns the logarithm of the standard deviation.

Caught by: reverse_fit_seeks_the_near_mode
"""

with_std = fit_gaussian


def fit_gaussian(log_p, grid, direction, mean0, log_std0, steps=1000, learning_rate=0.05):
    mean, std = with_std(log_p, grid, direction, mean0, log_std0, steps, learning_rate)
    return mean, std.log()
