"""A forgery: no step is taken, and the log-likelihoods are those of the parameters that come back.

Caught by: log_likelihoods
"""


def em(X, pi, mean, cov, steps):
    components = torch.distributions.MultivariateNormal(mean, cov)
    mixture = torch.distributions.MixtureSameFamily(torch.distributions.Categorical(pi), components)
    return pi, mean, cov, mixture.log_prob(X).mean().repeat(steps + 1)
