"""The KL divergence in closed form: right on average, but with variance at the exact posterior.

Caught by: zero_variance
"""


def elbo(x, q_mean, q_std, decoder, eps):
    def log_normal(value, mean, std):
        return (-0.5 * ((value - mean) / std) ** 2 - torch.log(std) - 0.5 * math.log(2 * math.pi)).sum(-1)

    z = q_mean + q_std * eps
    mean, std = decoder(z)
    log_likelihood, log_prior = log_normal(x, mean, std), log_normal(z, 0 * z, 1 + 0 * z)
    log_q = log_normal(z, q_mean, q_std)
    return log_likelihood.mean(0) - (0.5 * (q_mean**2 + q_std**2 - 1) - torch.log(q_std)).sum(-1)
