"""Public checks of `gaussian_mixture`."""

import torch
from dgm.checking import public_check


def start(K=3, D=2):
    mean = torch.randn(K, D, dtype=torch.float64)
    return torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64), mean, torch.eye(D, dtype=torch.float64).repeat(K, 1, 1)


def tensors(found, names):
    assert isinstance(found, tuple | list) and len(found) == len(names), f"return {', '.join(names)}"
    return [torch.as_tensor(part).double() for part in found]


@public_check("every row of responsibilities sums to 1")
def rows_sum_to_one(student):
    R = torch.as_tensor(student.e_step(torch.randn(7, 2, dtype=torch.float64), *start()))
    assert tuple(R.shape) == (7, 3), f"the result should have shape (N, K) = (7, 3), but it has {tuple(R.shape)}"
    assert torch.allclose(R.sum(1).double(), torch.ones(7, dtype=torch.float64), atol=1e-4), "the rows do not sum to 1"


@public_check("components at the same place are told apart by their weights alone")
def same_place(student):
    pi, mean, cov = start()
    R = torch.as_tensor(student.e_step(torch.randn(5, 2, dtype=torch.float64), pi, 0 * mean, cov)).double()
    assert torch.allclose(R, pi.expand(5, 3), atol=1e-4), "three equal components should share every point as pi says"


@public_check("far points have a row as well")
def far_points(student):
    R = torch.as_tensor(student.e_step(torch.full((2, 2), 500.0, dtype=torch.float64), *start()))
    assert R.isfinite().all(), "NaN far away: the densities are 0 there. Work with their logarithms"


@public_check("when every point belongs to one component, the M-step describes each group of points")
def groups(student):
    X = torch.randn(24, 2, dtype=torch.float64) + torch.tensor([1.0, -2.0]).double()
    first = torch.arange(24) < 18
    R = torch.stack([first, ~first], 1).double()
    pi, mean, cov = tensors(student.m_step(X, R), ("pi", "mean", "cov"))
    assert tuple(cov.shape) == (2, 2, 2), f"cov should have shape (K, D, D) = (2, 2, 2), but it has {tuple(cov.shape)}"
    assert torch.allclose(pi, torch.tensor([0.75, 0.25]).double(), atol=1e-4), "18 of 24 points are a weight of 3/4"
    for k, group in enumerate((X[first], X[~first])):
        assert torch.allclose(mean[k], group.mean(0), atol=1e-4), "a component should sit at the mean of its points"
        truth = group.T.cov(correction=0)
        assert torch.allclose(cov[k], truth, atol=1e-4), "a component's covariance should be that of its own points"


@public_check("the log-likelihood never falls, and there are steps + 1 of them")
def climbs(student):
    X = torch.randn(60, 2, dtype=torch.float64) + 3 * torch.eye(2, dtype=torch.float64).repeat(30, 1)
    names = "pi", "mean", "cov", "log_likelihoods"
    *_, log_likelihoods = tensors(student.em(X, *start(), 5), names)
    assert tuple(log_likelihoods.shape) == (6,), "5 steps have 6 log-likelihoods: before each step and after the last"
    assert (log_likelihoods.diff() > -1e-6).all(), "the log-likelihood falls: EM never does that"
    first = tensors(student.em(X, *start(), 0), names)[3]
    assert tuple(first.shape) == (1,), "without a step there is one log-likelihood, that of the start"


@public_check("the log-likelihood is a mean over the points")
def mean_over_points(student):
    X, begin = torch.randn(20, 2, dtype=torch.float64), start()
    names = "pi", "mean", "cov", "log_likelihoods"
    once, twice = (tensors(student.em(points, *begin, 1), names)[3] for points in (X, X.repeat(2, 1)))
    assert torch.allclose(once, twice, atol=1e-6), "the same points twice should have the same mean log-likelihood"
