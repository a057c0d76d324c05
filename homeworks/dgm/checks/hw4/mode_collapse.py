"""Public checks of `mode_collapse`."""

import math

import torch
from dgm.checking import public_check


@public_check("JS of equal and of disjoint distributions")
def extremes(student):
    p = torch.tensor([0.2, 0.5, 0.3])
    assert abs(float(student.js(p, p))) < 1e-5, "JS(p, p) is 0"
    value = float(student.js(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])))
    assert abs(value - math.log(2)) < 1e-5, f"without overlap JS is log 2, not {value:.4f}: zeros? nats? halves?"


@public_check("JS is symmetric, and works along the last dimension")
def symmetric(student):
    p, q = torch.randn(3, 4).softmax(-1), torch.randn(3, 4).softmax(-1)
    value = student.js(p, q)
    assert tuple(value.shape) == (3,), f"for shape (3, 4) the result should have shape (3,), got {tuple(value.shape)}"
    assert torch.allclose(value, student.js(q, p), atol=1e-5), "JS(p, q) = JS(q, p)"


@public_check("two shifted uniform distributions")
def uniforms(student):
    p, q = torch.zeros(8), torch.zeros(8)
    p[:4], q[1:5] = 0.25, 0.25
    assert abs(float(student.js(p, q)) - 0.25 * math.log(2)) < 1e-5, "shifted by a quarter of their width: log 2 / 4"


@public_check("samples at every mode")
def all_modes(student):
    centres = torch.tensor([[0.0, 0.0], [5.0, 0.0], [0.0, 5.0]])
    n_modes, share, kl = student.mode_report(centres.repeat(10, 1), centres, 0.5)
    assert (int(n_modes), float(share)) == (3, 1.0), "all three modes are reached, and every sample is good"
    assert abs(float(kl)) < 1e-5, "the same number at every mode: KL 0"


@public_check("one mode, outliers, and a stray sample")
def some(student):
    centres = torch.tensor([[0.0, 0.0], [5.0, 0.0], [0.0, 5.0]])
    x = torch.cat([torch.zeros(89, 2), torch.tensor([[5.0, 0.0]]), torch.full((10, 2), 20.0)])
    n_modes, share, kl = student.mode_report(x, centres, 0.5)
    assert int(n_modes) == 1, "a single sample of a hundred makes no mode"
    assert abs(float(share) - 0.9) < 1e-5, "10 of 100 samples are further than the radius from every centre"
    truth = sum(f * math.log(3 * f) for f in (89 / 90, 1 / 90))
    assert abs(float(kl) - truth) < 1e-4, "the KL is that of the 90 good samples over the three centres"


@public_check("no good sample at all")
def none(student):
    n_modes, share, kl = student.mode_report(torch.full((4, 2), 9.0), torch.zeros(2, 2), 1.0)
    assert (int(n_modes), float(share)) == (0, 0.0), "nothing is good here"
    assert abs(float(kl) - math.log(2)) < 1e-5, "then the KL is log K"
