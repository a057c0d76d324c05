"""The normaliser of the prior is left out of the evidence.

Caught by: evidence
"""


def log_evidence(a, b, k, n):
    a, b, k, n = (torch.as_tensor(value, dtype=torch.float64) for value in (a, b, k, n))
    return torch.lgamma(a + k) + torch.lgamma(b + n - k) - torch.lgamma(a + b + n)
