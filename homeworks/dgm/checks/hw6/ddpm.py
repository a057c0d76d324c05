"""Public checks of `ddpm`."""

import torch
from dgm.checking import public_check

BARS = torch.tensor([1.0, 0.81, 0.49, 0.25], dtype=torch.float64)
X0 = torch.tensor([[1.0, -2.0], [0.5, 0.3]], dtype=torch.float64)


def knows(xt, t):
    assert isinstance(t, torch.Tensor) and tuple(t.shape) == (len(xt),), "the model wants one step per row, t (B,)"
    bar = BARS[t][:, None]
    return (xt - bar.sqrt() * X0) / (1 - bar).sqrt()


def noise(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


@public_check("a model that knows the clean point has no loss, and a wrong one that of its error")
def loss(student):
    t, eps = torch.tensor([2, 3]), noise(2, 2)
    found = student.ddpm_loss(knows, X0, t, eps, BARS)
    assert tuple(found.shape) == () and abs(found) < 1e-9, "the model is compared with the noise that is in x_t"
    off = float(student.ddpm_loss(lambda x, s: knows(x, s) + 0.5, X0, t, eps, BARS))
    assert abs(off - 0.25) < 1e-9, "an error of 0.5 everywhere costs 0.25: a mean, not a sum"


@public_check("the loss can be trained")
def graph(student):
    k = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    t, eps = torch.tensor([2, 3]), noise(2, 2)
    (slope,) = torch.autograd.grad(student.ddpm_loss(lambda x, s: knows(x, s) + k, X0, t, eps, BARS), k)
    assert abs(slope - 1.0) < 1e-6, "the gradient of an error k is 2 k: is the model's guess detached?"


@public_check("a chain of someone who knows the clean point ends there")
def chain(student):
    end, eps = noise(2, 2), noise(3, 2, 2)
    path = student.sample(knows, end, eps, BARS)
    assert tuple(path.shape) == (4, 2, 2), "all states: (T + 1, B, D)"
    assert torch.equal(path[3], end), "index t holds x_t: the start of the chain is entry T"
    assert torch.allclose(path[0], X0), "entry 0 should be the clean point that the model knows"


@public_check("the last step adds no noise, the others do")
def noises(student):
    x = noise(2, 2)
    for t in (1, 2):
        one, other = (student.p_sample(knows, x, t, k * torch.ones_like(x), BARS) for k in (0.0, 1.0))
        if t == 1:
            assert torch.allclose(one, other), "at t = 1 there is no noise"
        else:
            variance = 0.19 * (1 - 0.49 / 0.81) / 0.51
            assert torch.allclose(other - one, torch.full_like(x, variance**0.5)), "t = 2: the posterior's variance"


@public_check("score and Tweedie: from the noise to the score, and from the score to the clean point")
def score(student):
    t, eps = torch.tensor([2, 3]), noise(2, 2)
    bar = BARS[t][:, None]
    xt = bar.sqrt() * X0 + (1 - bar).sqrt() * eps
    found = student.eps_to_score(eps, t, BARS)
    truth = -(xt - bar.sqrt() * X0) / (1 - bar)
    assert torch.allclose(found, truth), "the score of N(sqrt(alpha-bar) x_0, 1 - alpha-bar) at x_t"
    assert torch.allclose(student.tweedie(xt, truth, t, BARS), X0), "with that score, Tweedie gives x_0 back"
