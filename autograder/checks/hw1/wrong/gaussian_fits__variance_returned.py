"""fit_gaussian returns the variance.

Caught by: forward_fit_matches_moments
"""

with_std = fit_gaussian


def fit_gaussian(log_p, grid, direction, mean0, log_std0, steps=1000, learning_rate=0.05):
    mean, std = with_std(log_p, grid, direction, mean0, log_std0, steps, learning_rate)
    return mean, std**2
