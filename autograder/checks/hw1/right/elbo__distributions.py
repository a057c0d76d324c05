"""torch.distributions throughout; the gap from its `kl_divergence`."""

from torch.distributions import Independent, Normal, kl_divergence


def elbo(x, q_mean, q_std, decoder, eps):
    q = Independent(Normal(q_mean, q_std), 1)
    z = torch.addcmul(q_mean, q_std, eps)
    prior = Independent(Normal(torch.zeros_like(q_mean), torch.ones_like(q_std)), 1)
    likelihood = Normal(*decoder(z))
    return torch.mean(likelihood.log_prob(x).sum(-1) + prior.log_prob(z) - q.log_prob(z), dim=0)


def elbo_gap(x, m, v, s):
    precision = 1 + s**-2
    posterior = Normal(x * s**-2 / precision, precision.rsqrt())
    return kl_divergence(Normal(m, v.sqrt()), posterior)
