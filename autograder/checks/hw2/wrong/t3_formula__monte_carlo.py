"""A Monte Carlo estimate.

Caught by: value
"""


def iwae_two_point(p, a, b, K):
    w = torch.where(torch.rand(2000, K) < p, a, b)
    return w.mean(1).log().mean().item()
