"""NumPy inside, log densities with variances; the gap with precisions."""

import numpy as np


def elbo(x, q_mean, q_std, decoder, eps):
    def log_density(value, mean, variance):
        terms = (value - mean) ** 2 / variance + np.log(variance) + np.log(2 * np.pi)
        return -terms.sum(axis=-1) / 2

    mu, sigma = q_mean.numpy(), q_std.numpy()
    z = mu + sigma * eps.numpy()
    mean, std = (np.asarray(part) for part in decoder(torch.from_numpy(z)))
    likelihood = log_density(x.numpy(), mean, np.broadcast_to(std, mean.shape) ** 2)
    prior = log_density(z, np.zeros_like(z), np.ones_like(z))
    posterior = log_density(z, mu, np.broadcast_to(sigma, z.shape) ** 2)
    return (likelihood + prior - posterior).mean(axis=0)


def elbo_gap(x, m, v, s):
    x, m, v, s = (part.numpy() for part in (x, m, v, s))
    precision = 1 + 1 / s**2
    mean = x / s**2 / precision
    return (precision * (v + (m - mean) ** 2) - 1 - np.log(precision * v)) / 2
