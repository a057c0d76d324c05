"""logaddexp over the draws, one after the other, and the precision instead of the standard deviation."""


def naive_log_px(x, decoder, z):
    mean, std = decoder(z)
    precision = torch.ones_like(mean) / std**2
    terms = 0.5 * (torch.log(precision / (2 * math.pi)) - precision * (x[None] - mean) ** 2)
    total = None
    for log_p in terms.sum(2):
        total = log_p if total is None else torch.logaddexp(total, log_p)
    return total - math.log(mean.shape[0])
