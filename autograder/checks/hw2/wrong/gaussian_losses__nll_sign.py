"""The log-density, without the minus sign.

Caught by: nll
"""

def gaussian_nll(x, mean, log_std):
    return -(0.5 * ((x - mean) / log_std.exp()) ** 2 + log_std + 0.5 * math.log(2 * math.pi))
