"""Tests of solutions/hw6/ddpm.py: oracle models through the whole chain, Bayes on a grid, quadrature."""

import torch
from torch import Tensor

from solutions.hw6.ddpm import ddpm_loss, eps_to_score, p_sample, sample, tweedie
from solutions.hw6.forward_diffusion import cosine_schedule, q_sample

BARS = cosine_schedule(12)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def knows(x0: Tensor):
    """The model that knows the clean points: the noise that is really in x_t."""
    return lambda xt, t: (xt - BARS[t].sqrt()[:, None] * x0) / (1 - BARS[t]).sqrt()[:, None]


def test_loss_of_oracles():
    x0, eps, t = normal(6, 3), normal(6, 3, seed=1), torch.tensor([1, 3, 12, 7, 7, 2])
    assert ddpm_loss(knows(x0), x0, t, eps, BARS) < 1e-24
    found = ddpm_loss(lambda xt, t: torch.zeros_like(xt), x0, t, eps, BARS)
    assert abs(found - eps.square().sum() / 18) < 1e-14
    given = []
    ddpm_loss(lambda xt, t: given.append((xt, t)) or xt, x0, t, eps, BARS)
    assert (given[0][0] - q_sample(x0, t, eps, BARS)).abs().max() < 1e-14
    assert torch.equal(given[0][1], t)


def test_chain_with_a_known_answer_ends_there():
    x0 = normal(5, 2)
    path = sample(knows(x0), normal(5, 2, seed=1), normal(12, 5, 2, seed=2), BARS)
    assert path.shape == (13, 5, 2)
    assert torch.equal(path[12], normal(5, 2, seed=1))
    assert (path[0] - x0).abs().max() < 1e-10


def test_a_step_with_a_known_answer_is_bayes_rule():
    """The two nodes -1 and 1 of the noise give mean and standard deviation of the step."""
    x0, xt, grid = normal(1, 1), normal(1, 1, seed=3), torch.linspace(-12, 12, 240_001, dtype=torch.float64)
    for t in (2, 7, 12):
        low, high = (p_sample(knows(x0), xt, t, torch.full((1, 1), e).double(), BARS) for e in (-1.0, 1.0))
        alpha, before = BARS[t] / BARS[t - 1], BARS[t - 1]
        log_w = -((xt - alpha.sqrt() * grid) ** 2) / (2 * (1 - alpha)) - (grid - before.sqrt() * x0) ** 2 / (
            2 * (1 - before)
        )
        w = log_w[0].softmax(0)
        mean = (w * grid).sum()
        assert abs((low + high) / 2 - mean) < 1e-9
        assert abs((high - low) / 2 - ((w * (grid - mean) ** 2).sum()).sqrt()) < 1e-9


def test_at_the_last_step_there_is_no_noise():
    x1 = normal(4, 2)
    first, other = (p_sample(lambda x, t: 0.3 * x, x1, 1, normal(4, 2, seed=s), BARS) for s in (1, 2))
    assert torch.equal(first, other)


def test_gaussian_data_come_back_as_gaussian():
    """Data N(0.5, 0.4^2), the exact model: with many steps the chain's mean and variance are those of the data."""
    bars = cosine_schedule(400)
    mean, variance = 0.5, 0.16

    def exact(xt: Tensor, t: Tensor) -> Tensor:
        bar = bars[t][:, None]
        return (1 - bar).sqrt() * (xt - bar.sqrt() * mean) / (bar * variance + 1 - bar)

    n = 400
    units = torch.cat([torch.zeros(1, n), torch.eye(n)]).T[:, :, None].double()
    start = torch.zeros(n + 2, 1).double()
    start[-1] = 1  # the noise that the chain starts from
    units = torch.cat([units, torch.zeros(n, 1, 1).double()], 1)
    path = sample(exact, start, units, bars)[0, :, 0]
    assert abs(path[0] - mean) < 2e-3
    assert abs((path[1:] - path[0]).square().sum() - variance) < 5e-3


def test_score_and_tweedie_of_gaussian_data():
    """x_0 ~ N(m, v): E[x_0 | x_t] by Bayes on a grid, and the score of q(x_t) by its closed form."""
    m, v = 0.7, 0.3
    t, xt = torch.tensor([1, 6, 12]), normal(3, 1)
    bar = BARS[t][:, None]
    score = -(xt - bar.sqrt() * m) / (bar * v + 1 - bar)
    grid = torch.linspace(-8, 8, 160_001, dtype=torch.float64)
    log_w = -((xt - bar.sqrt() * grid) ** 2) / (2 * (1 - bar)) - (grid - m) ** 2 / (2 * v)
    truth = (log_w.softmax(1) * grid).sum(1, keepdim=True)
    assert (tweedie(xt, score, t, BARS) - truth).abs().max() < 1e-9


def test_eps_is_a_score():
    x0, eps, t = normal(3, 1, 2, 2), normal(3, 1, 2, 2, seed=1), torch.tensor([1, 6, 12])
    xt = q_sample(x0, t, eps, BARS).requires_grad_()
    bar = BARS[t].reshape(3, 1, 1, 1)
    log_q = (-((xt - bar.sqrt() * x0) ** 2) / (2 * (1 - bar))).sum()
    (truth,) = torch.autograd.grad(log_q, xt)
    assert (eps_to_score(eps, t, BARS) - truth).abs().max() < 1e-10
    assert eps_to_score(eps.float(), t, BARS).dtype == torch.float32
