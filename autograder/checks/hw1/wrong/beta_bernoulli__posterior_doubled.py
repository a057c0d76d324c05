"""Both parameters are twice too large: the mean is right, the spread is not.

Caught by: posterior
"""


def beta_posterior(a, b, k, n):
    return 2 * (a + k), 2 * (b + n - k)


def predictive(a, b, k, n):
    return (a + k) / (a + b + n)


def map_estimate(a, b, k, n):
    return (a + k - 1) / (a + b + n - 2)


def log_evidence(a, b, k, n):
    a, b, k, n = (torch.as_tensor(value, dtype=torch.float64) for value in (a, b, k, n))
    posterior = torch.lgamma(a + k) + torch.lgamma(b + n - k) - torch.lgamma(a + b + n)
    return posterior - (torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b))
