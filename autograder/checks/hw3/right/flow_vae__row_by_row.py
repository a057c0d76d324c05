"""A loop over the points, and Cholesky factors."""


def log_normal(v):
    return -0.5 * (v @ v) - 0.5 * len(v) * math.log(2 * math.pi)


def linear_flow_log_prob(W, b, x):
    inverse, log_det = torch.linalg.inv(W), torch.log(torch.abs(torch.linalg.det(W)))
    return torch.stack([log_normal(inverse @ (row - b)) - log_det for row in x])


def elbo_terms(W, b, x, s, eps):
    D = len(b)
    covariance = torch.linalg.inv(torch.eye(D, dtype=W.dtype) + W.T @ W / s**2)
    L = torch.linalg.cholesky((covariance + covariance.T) / 2)
    terms = []
    for row, noise in zip(x, eps):
        z = covariance @ W.T @ (row - b) / s**2 + L @ noise
        residual = (row - W @ z - b) / s
        terms.append((log_normal(z), log_normal(residual) - D * math.log(s), log_normal(noise) - L.diagonal().log().sum()))
    return tuple(torch.stack(term) for term in zip(*terms))
