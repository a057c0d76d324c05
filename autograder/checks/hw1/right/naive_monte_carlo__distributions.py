"""torch.distributions for the likelihood, and the logarithm of the mean written as -log K inside the logsumexp."""


def naive_log_px(x, decoder, z):
    mean, std = decoder(z)
    log_p = torch.distributions.Normal(mean, std).log_prob(x).sum(dim=-1)
    K = log_p.shape[0]
    return torch.logsumexp(log_p - torch.log(torch.tensor(float(K))), dim=0)
