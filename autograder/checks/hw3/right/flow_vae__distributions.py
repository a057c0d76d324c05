"""torch's multivariate normals; the draw by a symmetric root of the covariance."""


def linear_flow_log_prob(W, b, x):
    z = torch.linalg.solve(W, (x - b).T).T
    normal = torch.distributions.MultivariateNormal(torch.zeros_like(b), torch.eye(len(b), dtype=W.dtype))
    return normal.log_prob(z) - torch.linalg.svdvals(W).log().sum()


def elbo_terms(W, b, x, s, eps):
    values, vectors = torch.linalg.eigh(W.T @ W)
    variances = 1 / (1 + values / s**2)
    mean = ((x - b) @ W / s**2) @ vectors * variances @ vectors.T
    root = vectors @ torch.diag(variances.sqrt()) @ vectors.T
    z = mean + eps @ root
    prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1)
    likelihood = torch.distributions.Normal(z @ W.T + b, s).log_prob(x).sum(1)
    posterior = torch.distributions.Normal(0.0, 1.0).log_prob(eps).sum(1) - 0.5 * variances.log().sum()
    return prior, likelihood, posterior
