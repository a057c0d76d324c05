"""log(2 pi) is not halved.

Caught by: nll
"""

def gaussian_nll(x, mean, log_std):
    return 0.5 * ((x - mean) / log_std.exp()) ** 2 + log_std + math.log(2 * math.pi)
