"""The posterior in the other form, by the covariance of x; a list in place of a tuple."""


def linear_flow_log_prob(W, b, x):
    S = W @ W.T
    y = x - b
    return -0.5 * (y * torch.linalg.solve(S, y.T).T).sum(1) - 0.5 * torch.logdet(2 * math.pi * S)


def elbo_terms(W, b, x, s, eps):
    I = torch.eye(len(b), dtype=W.dtype)
    gain = W.T @ torch.linalg.inv(W @ W.T + s**2 * I)
    precision = I + W.T @ W / s**2
    upper = torch.linalg.cholesky(precision).T
    z = (x - b) @ gain.T + torch.linalg.solve_triangular(upper, eps.T, upper=True).T
    D = len(b)
    half = 0.5 * D * math.log(2 * math.pi)
    prior = -0.5 * z.square().sum(1) - half
    likelihood = -0.5 * ((x - z @ W.T - b) / s).square().sum(1) - D * math.log(s) - half
    posterior = -0.5 * eps.square().sum(1) - half + 0.5 * torch.logdet(precision)
    return [prior, likelihood, posterior]
