"""Standard deviations are taken for variances in the densities.

Caught by: value
"""


def elbo(x, q_mean, q_std, decoder, eps):
    def log_normal(value, mean, std):
        return (-0.5 * (value - mean) ** 2 / std - 0.5 * torch.log(std) - 0.5 * math.log(2 * math.pi)).sum(-1)

    z = q_mean + q_std * eps
    mean, std = decoder(z)
    log_joint = log_normal(x, mean, std) + log_normal(z, torch.zeros_like(z), torch.ones_like(z))
    return (log_joint - log_normal(z, q_mean, q_std)).mean(0)
