"""One number for all data points, repeated.

Caught by: value
"""


def elbo(x, q_mean, q_std, decoder, eps):
    def log_normal(value, mean, std):
        return (-0.5 * ((value - mean) / std) ** 2 - torch.log(std) - 0.5 * math.log(2 * math.pi)).sum(-1)

    z = q_mean + q_std * eps
    mean, std = decoder(z)
    log_likelihood, log_prior = log_normal(x, mean, std), log_normal(z, 0 * z, 1 + 0 * z)
    log_q = log_normal(z, q_mean, q_std)
    return (log_likelihood + log_prior - log_q).mean().expand(len(x))
