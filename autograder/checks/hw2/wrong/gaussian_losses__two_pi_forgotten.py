"""The constant log(2 pi) / 2 is left out.

Caught by: nll
"""

def gaussian_nll(x, mean, log_std):
    return 0.5 * ((x - mean) / log_std.exp()) ** 2 + log_std
