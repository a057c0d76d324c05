"""The likelihood at the posterior mean instead of its average over the prior.

Caught by: evidence
"""


def log_evidence(a, b, k, n):
    a, b, k, n = (torch.as_tensor(value, dtype=torch.float64) for value in (a, b, k, n))
    theta = (a + k) / (a + b + n)
    return k * torch.log(theta) + (n - k) * torch.log1p(-theta)
