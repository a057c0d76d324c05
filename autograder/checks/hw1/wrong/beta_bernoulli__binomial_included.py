"""The evidence of the count k, with the binomial coefficient, instead of one sequence.

Caught by: evidence
"""


def log_evidence(a, b, k, n):
    a, b, k, n = (torch.as_tensor(value, dtype=torch.float64) for value in (a, b, k, n))
    posterior = torch.lgamma(a + k) + torch.lgamma(b + n - k) - torch.lgamma(a + b + n)
    one_sequence = posterior - (torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b))
    binomial = torch.lgamma(n + 1) - torch.lgamma(k + 1) - torch.lgamma(n - k + 1)
    return one_sequence + binomial
