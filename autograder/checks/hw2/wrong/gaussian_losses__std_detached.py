"""No gradient flows to the standard deviation of the NLL.

Caught by: gradients
"""

def gaussian_nll(x, mean, log_std):
    log_std = log_std.detach()
    return 0.5 * ((x - mean) / log_std.exp()) ** 2 + log_std + 0.5 * math.log(2 * math.pi)
