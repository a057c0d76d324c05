"""log_std is taken for the logarithm of a variance in the NLL.

Caught by: nll
"""

def gaussian_nll(x, mean, log_std):
    return 0.5 * ((x - mean) ** 2 / log_std.exp() + log_std + math.log(2 * math.pi))
