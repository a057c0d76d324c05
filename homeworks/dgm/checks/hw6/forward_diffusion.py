"""Public checks of `forward_diffusion`."""

import torch
from dgm.checking import public_check

BARS = torch.tensor([1.0, 0.81, 0.49, 0.25], dtype=torch.float64)
X0 = torch.tensor([[1.0, -2.0], [0.5, 0.0], [2.0, 1.0]], dtype=torch.float64)
XT = torch.tensor([[0.0, 1.0], [-1.0, 0.3], [0.7, 0.7]], dtype=torch.float64)


@public_check("the schedule starts at 1, falls, and never reaches 0")
def schedule(student):
    bars = student.cosine_schedule(30)
    assert tuple(bars.shape) == (31,) and bars.dtype == torch.float64, "T + 1 numbers in float64"
    assert abs(bars[0] - 1) < 1e-12, "index 0 is clean data: alpha_bars[0] = 1"
    assert (bars.diff() < 0).all() and bars[-1] > 0, "the signal should shrink in every step, and not to 0"
    assert abs(bars[15] - 0.494) < 2e-3, "half way about half of the variance is left: 0.494"
    assert abs(bars[30] / bars[29] - 0.001) < 1e-9, "the last step should lose 0.999 of the variance"


@public_check("a jump: sqrt(0.49) = 0.7 of the point, sqrt(0.51) of the noise")
def jump(student):
    t = torch.tensor([2, 0, 3])
    found = student.q_sample(X0, t, XT, BARS)
    assert torch.allclose(found[0], 0.7 * X0[0] + 0.51**0.5 * XT[0]), "t = 2: roots of alpha-bar and 1 - alpha-bar"
    assert torch.allclose(found[1], X0[1]), "t = 0 is clean data"
    assert torch.allclose(found[2], 0.5 * X0[2] + 0.75**0.5 * XT[2]), "every row has its own t"


@public_check("one step is left: the posterior at t = 1 is the clean point")
def last(student):
    mean, variance = student.q_posterior(X0, XT, torch.ones(3, dtype=torch.long), BARS)
    assert tuple(variance.shape) == (3, 1), "the variance is one number per row, (B, 1)"
    assert torch.allclose(mean, X0) and not variance.any(), "at t = 1 nothing is left to infer"


@public_check("the posterior, averaged over x_t, is the marginal: means and variances fit together")
def consistent(student):
    t = torch.tensor([2, 3, 2])
    bar, before = BARS[t][:, None], BARS[t - 1][:, None]
    mean, variance = student.q_posterior(X0, bar.sqrt() * X0, t, BARS)
    assert torch.allclose(mean, before.sqrt() * X0), "at the mean of x_t, the posterior's mean is that of x_{t-1}"
    shifted, _ = student.q_posterior(X0, bar.sqrt() * X0 + 1, t, BARS)
    total = variance + (shifted - mean) ** 2 * (1 - bar)
    assert torch.allclose(total, (1 - before).expand_as(total)), "variance of the mean plus mean of the variance"


@public_check("images keep their dtype and have a step each")
def images(student):
    x = torch.ones(4, 1, 4, 4)
    xt = student.q_sample(x, torch.tensor([0, 1, 2, 3]), 0 * x, BARS)
    assert xt.dtype == torch.float32, "float32 images should stay float32"
    assert torch.allclose(xt[:, 0, 0], BARS.sqrt().float()[:, None].expand(4, 4)), (
        "image b has the step t[b] everywhere"
    )


@public_check("t = 0 has no step before it: ValueError")
def refused(student):
    for t in (0, 4):
        try:
            student.q_posterior(X0, XT, torch.tensor([1, t, 2]), BARS)
        except ValueError:
            continue
        raise AssertionError(f"t = {t} lies outside 1..3 and should raise ValueError")
