"""Factorials of whole numbers: prior parameters are rounded.

Caught by: evidence
"""


def log_evidence(a, b, k, n):
    a, b, k, n = (torch.as_tensor(value, dtype=torch.float64).round() for value in (a, b, k, n))
    a, b = a.clamp(min=1), b.clamp(min=1)
    posterior = torch.lgamma(a + k) + torch.lgamma(b + n - k) - torch.lgamma(a + b + n)
    return posterior - (torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b))
