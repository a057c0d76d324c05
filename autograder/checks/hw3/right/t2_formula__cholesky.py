"""The triangular root of the covariance is the triangular map."""


def gaussian_to_uniform(x, mean, covariance):
    L = torch.linalg.cholesky(covariance)
    noise = torch.linalg.solve_triangular(L, (x - mean).T, upper=False).T
    return torch.distributions.Normal(0.0, 1.0).cdf(noise)
