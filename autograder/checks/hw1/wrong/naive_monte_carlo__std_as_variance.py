"""The decoder's std is taken for a variance.

Caught by: value
"""


def naive_log_px(x, decoder, z):
    mean, std = decoder(z)
    log_p = (-0.5 * (x - mean) ** 2 / std - 0.5 * torch.log(std) - 0.5 * math.log(2 * math.pi)).sum(-1)
    return torch.logsumexp(log_p, 0) - math.log(len(z))
