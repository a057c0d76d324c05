"""The evidence from log densities: prior times likelihood over posterior at any one value of the probability."""


def _tensors(*values):
    return [torch.as_tensor(value, dtype=torch.float64) for value in values]


def log_evidence(a, b, k, n):
    a, b, k, n = _tensors(a, b, k, n)
    theta = (a + k) / (a + b + n)
    prior = torch.distributions.Beta(a, b).log_prob(theta)
    posterior = torch.distributions.Beta(a + k, b + n - k).log_prob(theta)
    return prior + k * torch.log(theta) + (n - k) * torch.log1p(-theta) - posterior
