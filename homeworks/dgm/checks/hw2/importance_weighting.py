"""Public checks of `importance_weighting`."""

import torch
from dgm.checking import public_check


@public_check("one number per data point; one draw gives the ELBO")
def one_draw(student):
    log_w = torch.randn(1, 5)
    bound = torch.as_tensor(student.iwae_bound(log_w))
    assert tuple(bound.shape) == (5,), f"the bound should have shape (B,) = (5,), but it has {tuple(bound.shape)}"
    assert torch.allclose(bound, log_w[0], atol=1e-5), "with K = 1 the bound is the log weight itself"


@public_check("equal weights: more draws change nothing")
def equal(student):
    log_w = torch.randn(1, 4).expand(8, 4).clone()
    assert torch.allclose(torch.as_tensor(student.iwae_bound(log_w)), log_w[0], atol=1e-5), (
        "when all K weights are the same, so is their mean: is K taken into account?"
    )


@public_check("the bound lies between the mean and the largest log weight")
def order(student):
    log_w = torch.randn(6, 4)
    bound = torch.as_tensor(student.iwae_bound(log_w))
    assert bool((bound > log_w.sum(0) / 6 + 1e-4).all()), "the bound should be larger than the average log weight"
    assert bool((bound < log_w.amax(0)).all()), "a mean cannot be larger than the largest weight"


@public_check("the normalised weights sum to 1 over the draws")
def weights(student):
    log_w = torch.randn(6, 4)
    found = torch.as_tensor(student.snis_weights(log_w))
    assert tuple(found.shape) == (6, 4), "the weights should have the shape of log_w"
    assert torch.allclose(found.sum(0), torch.ones(4), atol=1e-5), "over the K draws of a data point they sum to 1"
    ratio = found[1] / found[0]
    assert torch.allclose(ratio, torch.exp(log_w[1] - log_w[0]), rtol=1e-3), "their ratios are those of the weights"


@public_check("large log weights do no harm")
def large(student):
    log_w = torch.randn(5, 3)
    for shift in (2000.0, -2000.0):
        bound, found = (torch.as_tensor(f(log_w + shift)) for f in (student.iwae_bound, student.snis_weights))
        assert bool(bound.isfinite().all() and found.isfinite().all()), "exp overflows or underflows here"
