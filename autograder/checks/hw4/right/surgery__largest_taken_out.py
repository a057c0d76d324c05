"""logsumexp by hand, with the largest term taken out."""


def aggregate_log_prob(z, mean, log_std):
    d = z.size(1)
    precision = torch.exp(-2 * log_std)[None]
    difference = z.unsqueeze(1) - mean.unsqueeze(0)
    log_q = -0.5 * (difference**2 * precision).sum(2) - log_std.sum(1) - d / 2 * math.log(2 * math.pi)
    top = log_q.max(dim=1, keepdim=True).values
    return top[:, 0] + torch.log(torch.exp(log_q - top).mean(dim=1))


def elbo_surgery(mean, log_std, eps):
    S, N, d = eps.shape
    z = (mean[None] + log_std.exp()[None] * eps).reshape(S * N, d)
    prior = -0.5 * (z**2).sum(1) - d / 2 * math.log(2 * math.pi)
    own = (-0.5 * (eps**2).sum(2) - log_std.sum(1) - d / 2 * math.log(2 * math.pi)).reshape(-1)
    joint = aggregate_log_prob(z, mean, log_std)
    kl, mi = torch.mean(own - prior), torch.mean(own - joint)
    return kl, kl - mi, mi
