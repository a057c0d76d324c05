"""Public checks of `vae_gap`."""

import math

import torch
from dgm.checking import public_check


def log_joint(x, z):
    """p(z) = N(0, 1), p(x | z) = N(z, 1), one dimension: the posterior is N(x / 2, 1 / 2), and p(x) is N(0, 2)."""
    return (-(z**2) / 2 - (x - z) ** 2 / 2 - math.log(2 * math.pi)).sum(-1)


def log_px(x):
    return (-(x**2) / 4 - math.log(4 * math.pi) / 2).sum(-1)


def encoder(shift):
    return lambda x: (x / 2 + shift, torch.full_like(x, -math.log(2) / 2))


def reported(student, x, shift, K):
    report = student.vae_gap_report(x, encoder(shift), log_joint, torch.randn(K, *x.shape, dtype=x.dtype))
    assert set(report) >= {"log_px", "elbo", "gap"}, "the report should be a dictionary with log_px, elbo and gap"
    parts = [torch.as_tensor(report[name]) for name in ("log_px", "elbo", "gap")]
    assert all(tuple(part.shape) == (len(x),) for part in parts), "every entry should have shape (B,)"
    return parts


@public_check("at the exact posterior both estimates are log p(x)")
def exact(student):
    x = torch.randn(5, 1, dtype=torch.float64)
    estimate, elbo, gap = reported(student, x, 0.0, 3)
    assert torch.allclose(elbo, log_px(x), atol=1e-4), "elbo should be log p(x) here, whatever the noise"
    assert torch.allclose(estimate, log_px(x), atol=1e-4), "log_px should be log p(x) here: is log K subtracted?"
    assert gap.abs().max() < 1e-4, "the gap should be zero here"


@public_check("elsewhere there is a gap, and it is positive")
def poor(student):
    x = torch.randn(5, 1, dtype=torch.float64)
    estimate, elbo, gap = reported(student, x, 0.7, 2000)
    assert bool((gap > 0).all()), "the gap should be positive: both estimates must use the same draws"
    assert torch.allclose(gap, estimate - elbo, atol=1e-6), "gap should be log_px - elbo"
    assert torch.allclose(estimate, log_px(x), atol=0.3), "with 2000 draws log_px should be near log p(x)"


@public_check("tiny weights do no harm")
def tiny(student):
    estimate, _, _ = reported(student, torch.full((2, 1), 150.0, dtype=torch.float64), 0.5, 4)
    assert bool(estimate.isfinite().all()), "log_px is infinite: the weights underflow, so stay in the logarithm"
