"""Public checks of `ncsn`."""

import torch
from dgm.checking import public_check

SIGMAS = torch.tensor([2.0, 1.0, 0.5], dtype=torch.float64)
X = torch.tensor([[1.0, 2.0], [-1.0, 0.5], [0.0, -2.0]], dtype=torch.float64)
EPS = torch.tensor([[1.0, 0.0], [0.5, -1.0], [2.0, 1.0]], dtype=torch.float64)
INDEX = torch.tensor([2, 0, 1])


@public_check("a zero score has the loss of the noise, whatever the levels are")
def zero(student):
    found = float(student.ncsn_loss(lambda x, s: 0 * x, X, SIGMAS, INDEX, EPS))
    truth = 0.5 * (EPS**2).sum(1).mean().item()
    assert abs(found - truth) < 1e-9, "with the weight sigma^2 a zero score costs half the mean of |eps|^2"


@public_check("each row has its own level")
def levels(student):
    seen = []

    def score(x, sigma):
        seen.append((x.clone(), sigma.clone()))
        return (X - x) / sigma.reshape(-1, 1) ** 2

    found = float(student.ncsn_loss(score, X, SIGMAS, INDEX, EPS))
    assert tuple(seen[0][1].shape) == (3,), "the score should get one level per row, (B,)"
    assert torch.equal(seen[0][1], SIGMAS[INDEX]), "row b should have the level sigmas[index[b]]"
    assert torch.allclose(seen[0][0], X + SIGMAS[INDEX][:, None] * EPS), "the noisy point is x + sigma eps"
    assert abs(found) < 1e-9, "the score of the noise itself should have no loss: is its sign right?"


@public_check("images of noise: two of them, two pixels wide")
def images(student):
    x, eps = X.repeat(1, 2).reshape(3, 1, 2, 2)[:2], EPS.repeat(1, 2).reshape(3, 1, 2, 2)[:2]
    found = float(student.ncsn_loss(lambda x, s: 0 * x, x, SIGMAS, INDEX[:2], eps))
    assert abs(found - 0.5 * eps.square().flatten(1).sum(1).mean().item()) < 1e-9, "sum over all pixels of an image"
    points = []
    student.ncsn_loss(lambda x, s: points.append(x) or 0 * x, x, SIGMAS, INDEX[:2], eps)
    assert torch.allclose(points[0][1], x[1] + 2.0 * eps[1]), "every pixel of an image has the level of the image"


@public_check("the sampler's steps shrink with the square of the level")
def steps(student):
    noise = torch.ones(3, 2, 3, 2, dtype=torch.float64)
    found = student.annealed_langevin(lambda x, s: 0 * x, X, SIGMAS, 0.01, noise)
    alphas = 0.01 * SIGMAS**2 / 0.25
    assert torch.allclose(found, X + 2 * alphas.sqrt().sum()), "without a score each step adds sqrt(alpha) eps"
    found = student.annealed_langevin(lambda x, s: torch.ones_like(x), X, SIGMAS, 0.01, 0 * noise)
    assert torch.allclose(found, X + alphas.sum()), "without noise each step adds alpha / 2 times the score"


@public_check("rising levels raise ValueError")
def refused(student):
    try:
        student.annealed_langevin(lambda x, s: 0 * x, X, SIGMAS.flip(0), 0.01, torch.zeros(3, 1, 3, 2))
    except ValueError:
        return
    raise AssertionError("levels that do not fall should raise ValueError")
