"""torch.lgamma on whatever comes in: raises on Python numbers.

Caught by: evidence_of_numbers
"""


def log_evidence(a, b, k, n):
    posterior = torch.lgamma(a + k) + torch.lgamma(b + n - k) - torch.lgamma(a + b + n)
    return posterior - (torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b))
