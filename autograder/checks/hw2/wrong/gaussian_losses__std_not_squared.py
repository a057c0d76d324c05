"""The squared error is divided by the standard deviation, not by the variance.

Caught by: nll
"""

def gaussian_nll(x, mean, log_std):
    return 0.5 * (x - mean) ** 2 / log_std.exp() + log_std + 0.5 * math.log(2 * math.pi)
