"""-2 log std: the logarithm of the variance, without its half.

Caught by: value
"""


def naive_log_px(x, decoder, z):
    mean, std = decoder(z)
    log_p = (-0.5 * ((x - mean) / std) ** 2 - 2 * torch.log(std) - 0.5 * math.log(2 * math.pi)).sum(-1)
    return torch.logsumexp(log_p, 0) - math.log(len(z))
