"""The evidence itself, not its logarithm.

Caught by: evidence
"""


def log_evidence(a, b, k, n):
    a, b, k, n = (torch.as_tensor(value, dtype=torch.float64) for value in (a, b, k, n))
    posterior = torch.lgamma(a + k) + torch.lgamma(b + n - k) - torch.lgamma(a + b + n)
    one_sequence = posterior - (torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b))
    return torch.exp(one_sequence)
