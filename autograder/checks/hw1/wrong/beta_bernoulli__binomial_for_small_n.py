"""The binomial coefficient is included up to n = 10 and forgotten beyond.

Caught by: evidence
"""


def log_evidence(a, b, k, n):
    a, b, k, n = (torch.as_tensor(value, dtype=torch.float64) for value in (a, b, k, n))
    posterior = torch.lgamma(a + k) + torch.lgamma(b + n - k) - torch.lgamma(a + b + n)
    one_sequence = posterior - (torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b))
    binomial = torch.lgamma(n + 1) - torch.lgamma(k + 1) - torch.lgamma(n - k + 1)
    return one_sequence + torch.where(n <= 10, binomial, 0)
