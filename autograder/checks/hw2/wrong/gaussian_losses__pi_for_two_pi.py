"""log(pi) / 2 in place of log(2 pi) / 2.

Caught by: nll
"""

def gaussian_nll(x, mean, log_std):
    return 0.5 * ((x - mean) / log_std.exp()) ** 2 + log_std + 0.5 * math.log(math.pi)
