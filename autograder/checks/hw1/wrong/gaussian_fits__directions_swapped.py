"""fit_gaussian minimises the reverse KL when asked for the forward one, and the other way round.

Caught by: forward_fit_matches_moments
"""

right_way = fit_gaussian


def fit_gaussian(log_p, grid, direction, mean0, log_std0, steps=1000, learning_rate=0.05):
    other = "reverse" if direction == "forward" else "forward"
    return right_way(log_p, grid, other, mean0, log_std0, steps, learning_rate)
