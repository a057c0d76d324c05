"""torch.distributions throughout."""


def aggregate_log_prob(z, mean, log_std):
    N = mean.shape[0]
    weights = torch.distributions.Categorical(probs=torch.ones(N, dtype=mean.dtype))
    parts = torch.distributions.Independent(torch.distributions.Normal(mean, torch.exp(log_std)), 1)
    return torch.distributions.MixtureSameFamily(weights, parts).log_prob(z)


def elbo_surgery(mean, log_std, eps):
    q = torch.distributions.Normal(mean, log_std.exp())
    p = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    z = torch.addcmul(mean, log_std.exp(), eps)
    a, b = q.log_prob(z).sum(-1), p.log_prob(z).sum(-1)
    c = torch.stack([aggregate_log_prob(row, mean, log_std) for row in z])
    return (a - b).mean(), (c - b).mean(), (a - c).mean()
