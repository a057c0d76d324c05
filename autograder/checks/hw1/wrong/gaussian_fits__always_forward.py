"""The direction is ignored: both fits minimise the forward KL.

Caught by: reverse_fit_seeks_the_near_mode
"""

both_ways = fit_gaussian


def fit_gaussian(log_p, grid, direction, mean0, log_std0, steps=1000, learning_rate=0.05):
    return both_ways(log_p, grid, "forward", mean0, log_std0, steps, learning_rate)
