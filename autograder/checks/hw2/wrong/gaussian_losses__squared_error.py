"""Only half the squared error: a standard deviation of 1.

Caught by: nll
"""

def gaussian_nll(x, mean, log_std):
    return 0.5 * (x - mean) ** 2 + 0.5 * math.log(2 * math.pi) + 0 * log_std
