"""Public checks of `gaussian_fits`."""

import math

import torch
from dgm.checking import public_check


def bell(grid, centre, width=1.0):
    return torch.distributions.Normal(torch.tensor(centre, dtype=torch.float64), width).log_prob(grid)


def even_grid(n):
    return torch.linspace(-10, 10, n, dtype=torch.float64)


@public_check("the KL of a density from itself is 0, from another it is positive")
def zero_and_positive(student):
    grid = even_grid(401)
    p, q = bell(grid, 0.0), bell(grid, 1.5)
    assert abs(float(student.kl_grid(p, p, 0.05))) < 1e-9, "the KL of a density from itself is not 0"
    assert float(student.kl_grid(p, q, 0.05)) > 0, "the KL of two different densities is not positive"


@public_check("a finer grid gives the same KL")
def finer_grid(student):
    coarse, fine = even_grid(201), even_grid(801)
    first = float(student.kl_grid(bell(coarse, 0.0), bell(coarse, 1.5), 0.1))
    second = float(student.kl_grid(bell(fine, 0.0), bell(fine, 1.5), 0.025))
    assert abs(first - second) < 1e-6, "four times as many points change the KL: where does dx come in?"


@public_check("points where p is 0 contribute nothing")
def zero_density(student):
    log_p = torch.tensor([-math.inf, math.log(0.5), math.log(0.5), -math.inf])
    for edge in (-3.0, -math.inf):
        log_q = torch.tensor([edge, -1.0, -1.0, edge])
        value = float(student.kl_grid(log_p, log_q, 1.0))
        assert math.isfinite(value), "kl_grid is not finite where log_p is -inf: 0 times infinity is NaN"


@public_check("both directions recover a Gaussian")
def recovers_a_gaussian(student):
    grid = even_grid(201)
    for direction in ("forward", "reverse"):
        fit = student.fit_gaussian(bell(grid, 1.0, width=0.7), grid, direction, 0.2, 0.3)
        mean, std = (float(torch.as_tensor(value).detach()) for value in fit)
        assert abs(mean - 1) < 0.05, f"the {direction} fit to a Gaussian misses its mean"
        assert abs(std - 0.7) < 0.05, f"the {direction} fit to a Gaussian misses its standard deviation"


@public_check("forward covers both modes, reverse stays at the near one")
def directions(student):
    grid = even_grid(201)
    two_modes = torch.logaddexp(bell(grid, -2.5, width=0.6), bell(grid, 2.5, width=0.6)) - math.log(2)
    widths = {}
    for direction in ("forward", "reverse"):
        fit = student.fit_gaussian(two_modes, grid, direction, 2.0, -0.3, 150, 0.2)
        mean, widths[direction] = (float(torch.as_tensor(value).detach()) for value in fit)
        near = {"forward": 0.0, "reverse": 2.5}[direction]
        assert abs(mean - near) < 0.3, (
            f"from the right mode of two, the {direction} fit should end near {near:g}: which KL does it descend?"
        )
    assert widths["forward"] > 2 * widths["reverse"], "the forward fit should be the wider one"
