"""Means from counts kept as mean and total; the evidence as a difference of log-gamma ratios, in numbers or tensors."""


def _lgamma(value):
    return torch.lgamma(torch.as_tensor(value).double())


def beta_posterior(a, b, k, n):
    tails = n - k
    return (a + k, b + tails)


def predictive(a, b, k, n):
    prior_mean, strength = a / (a + b), a + b
    return (strength * prior_mean + k) / (strength + n)


def map_estimate(a, b, k, n):
    heads, tails = a + k - 1, b + n - k - 1
    return 1 / (1 + tails / heads)


def log_evidence(a, b, k, n):
    rising = lambda start, steps: _lgamma(start + steps) - _lgamma(start)
    return rising(a, k) + rising(b, n - k) - rising(a + b, n)
