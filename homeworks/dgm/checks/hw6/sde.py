"""Public checks of `sde`."""

import torch
from dgm.checking import public_check

TS = torch.tensor([0.0, 0.25, 0.5, 1.5], dtype=torch.float64)
X0 = torch.tensor([[1.0, -1.0]], dtype=torch.float64)
NOISE = torch.tensor([[[1.0, 2.0]], [[-1.0, 0.5]], [[2.0, 0.0]]], dtype=torch.float64)


def paths(student, drift, diffusion, ts=TS, noise=NOISE):
    found = student.euler_maruyama(drift, diffusion, X0.clone(), ts, noise)
    assert tuple(found.shape) == (4, 1, 2), "all states, the start included: (n + 1, B, D)"
    return found


@public_check("Brownian motion: each increment is the root of the step times the noise")
def brownian(student):
    found = paths(student, lambda x, t: 0 * x, lambda x, t: torch.ones_like(x))
    truth = torch.cumsum(torch.cat([X0[None], TS.diff().sqrt()[:, None, None] * NOISE]), 0)
    assert torch.allclose(found, truth), "Brownian motion gains the variance h in a step of length h"


@public_check("the state and the time before the step are what counts")
def before(student):
    found = paths(student, lambda x, t: t * x, lambda x, t: x)
    first = X0 + 0.5 * X0 * NOISE[0]
    assert torch.allclose(found[1], first), "the first step: drift 0 at t = 0, diffusion x0"
    second = first + 0.25 * 0.25 * first + 0.5 * first * NOISE[1]
    assert torch.allclose(found[2], second), "the second step: drift and diffusion at ts[1] and at the state there"


@public_check("backwards in time the drift turns round and the noise is as wide as before")
def backwards(student):
    found = paths(student, lambda x, t: torch.ones_like(x), lambda x, t: torch.ones_like(x), TS.flip(0))
    assert found.isfinite().all(), "the step is negative when the time falls: its root is not a number"
    assert torch.allclose(found[1], X0 - 1 + NOISE[0]), "a step of length -1 with drift 1 and diffusion 1"


@public_check("Langevin: half a step of score, the root of a step of noise")
def langevin(student):
    found = student.langevin(lambda x: -x, X0.clone(), 0.5, NOISE)
    assert tuple(found.shape) == (4, 1, 2), "all states, the start included: (n + 1, B, D)"
    assert torch.equal(found[0], X0), "entry 0 should be x0"
    assert torch.allclose(found[1], 0.75 * X0 + 0.5**0.5 * NOISE[0]), "a step on N(0, 1) with step_size 0.5"
    still = student.langevin(lambda x: -x, X0.clone(), 0.5, torch.zeros_like(NOISE))[-1]
    assert torch.allclose(still, 0.75**3 * X0), "without noise the state shrinks by 0.75 in each step"
