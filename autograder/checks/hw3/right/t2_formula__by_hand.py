"""Correlation and error function."""


def gaussian_to_uniform(x, mean, covariance):
    std = covariance.diagonal().sqrt()
    rho = covariance[0, 1] / (std[0] * std[1])
    a, b = ((x - mean) / std).unbind(1)
    c = (b - rho * a) / torch.sqrt(1 - rho**2)
    return 0.5 * (1 + torch.erf(torch.stack([a, c], 1) / 2**0.5))
