"""log std enters once when the decoder's std is one number.

Caught by: value
"""


def elbo(x, q_mean, q_std, decoder, eps):
    def log_normal(value, mean, std):
        return (-0.5 * ((value - mean) / std) ** 2 - 0.5 * math.log(2 * math.pi)).sum(-1) - torch.log(std).sum(-1 if std.dim() else ())

    z = q_mean + q_std * eps
    mean, std = decoder(z)
    log_joint = log_normal(x, mean, std) + log_normal(z, torch.zeros_like(z), torch.ones_like(z))
    return (log_joint - log_normal(z, q_mean, q_std)).mean(0)
