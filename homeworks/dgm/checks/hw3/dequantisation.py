"""Public checks of `dequantisation`."""

import math

import torch
from dgm.checking import public_check


@public_check("a pixel becomes a logit")
def logit(student):
    x, u = torch.tensor([[3.0, 0.0]]), torch.tensor([[0.5, 0.0]])
    y, log_det = student.to_logits(x, u, 4, alpha=0.1)
    p = 0.1 + 0.8 * torch.tensor([[3.5, 0.0]]) / 4
    assert torch.allclose(y, torch.log(p / (1 - p)), atol=1e-5), (
        "p = alpha + (1 - 2 alpha) (x + u) / levels, then its logit"
    )
    assert tuple(log_det.shape) == (1,), f"one log-determinant per row: shape (1,), not {tuple(log_det.shape)}"
    slope = (0.8 / 4 / (p * (1 - p))).log().sum(1)
    assert torch.allclose(log_det, slope, atol=1e-5), "all three maps stretch: do 1 / levels and 1 - 2 alpha count?"


@public_check("and back")
def back(student):
    x = torch.arange(17.0)[:, None]
    for u in (0.01, 0.5, 0.99):
        y, _ = student.to_logits(x, torch.full_like(x, u), 17)
        assert torch.equal(student.from_logits(y, 17), x), (
            "from_logits should give back the pixels, whatever the noise was"
        )
    beyond = student.from_logits(torch.tensor([[-99.0, 99.0]]), 17)
    assert beyond.tolist() == [[0, 16]], "a number that is too large or too small gives the nearest level"


@public_check("bits")
def bits(student):
    value = student.bits_per_dim(torch.tensor([-10 * math.log(17)]), 10)
    assert torch.allclose(value, torch.tensor([math.log2(17)])), (
        "a uniform model over 17 levels costs log2(17) bits a pixel"
    )


def slope(y):
    return 3 * y.sum(1)


@public_check("the mean of logarithms, and the logarithm of the mean")
def bounds(student):
    x, u = torch.zeros(1, 1), torch.tensor([0.0, 1.0]).view(2, 1, 1)
    assert torch.allclose(student.uniform_bound(slope, x, u), torch.tensor([1.5])), "the mean over the draws"
    expected = torch.tensor([math.log((1 + math.exp(3)) / 2)])
    assert torch.allclose(student.importance_bound(slope, x, u), expected), "the logarithm of the mean of the densities"


@public_check("densities beyond floating point")
def extreme(student):
    x, u = torch.zeros(1, 1), torch.tensor([0.2, 0.7]).view(2, 1, 1)
    value = student.importance_bound(lambda y: -2000 + y.sum(1), x, u)
    assert value.isfinite().all(), "the densities are too small for a float, but their logarithms are not"
