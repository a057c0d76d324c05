"""The binomial coefficient is included up to n = 10 and forgotten beyond.

Caught by: evidence
"""

_one_sequence = log_evidence


def log_evidence(a, b, k, n):
    k, n = torch.as_tensor(k, dtype=torch.float64), torch.as_tensor(n, dtype=torch.float64)
    binomial = torch.lgamma(n + 1) - torch.lgamma(k + 1) - torch.lgamma(n - k + 1)
    return _one_sequence(a, b, k, n) + torch.where(n <= 10, binomial, 0)
