"""Gamma functions and the logarithm afterwards: right for a few draws, infinite for many.

Caught by: many_draws
"""


def log_evidence(a, b, k, n):
    def beta(first, second):
        first, second = (torch.as_tensor(value, dtype=torch.float64) for value in (first, second))
        return torch.exp(torch.lgamma(first)) * torch.exp(torch.lgamma(second)) / torch.exp(torch.lgamma(first + second))

    return torch.log(beta(a + k, b + n - k) / beta(a, b))
