"""The prior density of z is multiplied in, though z already comes from the prior.

Caught by: value
"""


def naive_log_px(x, decoder, z):
    mean, std = decoder(z)
    log_p = (-0.5 * ((x - mean) / std) ** 2 - torch.log(std) - 0.5 * math.log(2 * math.pi)).sum(-1) - 0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    return torch.logsumexp(log_p, 0) - math.log(len(z))
