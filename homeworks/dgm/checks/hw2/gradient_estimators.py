"""Public checks of `gradient_estimators`.

The noise is the nodes of a quadrature rule: rows that are added up with its weights give the exact average over eps.
"""

import numpy as np
import torch
from dgm.checking import public_check

EPS, WEIGHTS = (torch.from_numpy(part) for part in np.polynomial.hermite_e.hermegauss(20))


def scalars(*values):
    return [torch.tensor(value, dtype=torch.float64) for value in values]


def rows(student, name, f, mean, log_std, **more):
    found = torch.as_tensor(getattr(student, name)(f, *scalars(mean, log_std), EPS.clone(), **more))
    n = len(EPS)
    assert tuple(found.shape) == (n, 2), f"{name} should give one row per draw: ({n}, 2), not {tuple(found.shape)}"
    return found.double()


def average(found):
    return WEIGHTS @ found / WEIGHTS.sum()


@public_check("one row per draw; the gradient of a constant is zero on average")
def constant(student):
    found = rows(student, "grad_reparam", lambda z: 0 * z + 3, 0.3, -0.5)
    assert found.abs().max() < 1e-6, "grad_reparam of a constant should be zero for every draw"
    found = rows(student, "grad_score", lambda z: 0 * z + 3, 0.3, -0.5)
    assert average(found).abs().max() < 1e-4, "grad_score of a constant should be zero on average"
    assert found.abs().max() > 0.1, "grad_score of a constant is zero on average, not for every draw"


@public_check("E[z] moves with mean, one for one, and not with log_std")
def identity(student):
    for name in ("grad_reparam", "grad_score"):
        found = average(rows(student, name, lambda z: 1 * z, 0.3, -0.5))
        assert abs(found[0] - 1) < 1e-4, f"{name} is wrong for f(z) = z: E[z] is the mean"
        assert abs(found[1]) < 1e-4, f"{name} is wrong for f(z) = z: E[z] does not depend on log_std"


@public_check("E[z^2] grows with log_std, and the two estimators agree")
def agree(student):
    one, two = (average(rows(student, name, torch.square, 0.4, -0.6)) for name in ("grad_reparam", "grad_score"))
    assert one[1] > 0, "a larger std makes E[z^2] larger"
    assert torch.allclose(one, two, atol=1e-4), "the estimators disagree on average for f(z) = z^2"


@public_check("an f with jumps will do for grad_score; a baseline of its own height leaves nothing")
def jumps(student):
    found = rows(student, "grad_score", lambda z: (z > 0).double(), 0.4, -0.6)
    assert found.abs().max() > 0, "grad_score should use the values of f, not its slope"
    found = rows(student, "grad_score", lambda z: 0 * z + 2.5, 0.4, -0.6, baseline=2.5)
    assert found.abs().max() < 1e-6, "f = 2.5 with the baseline 2.5 should leave nothing"
