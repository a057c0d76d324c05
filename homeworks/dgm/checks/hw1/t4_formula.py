"""Public checks of `t4_formula`."""

import math

from dgm.checking import public_check


@public_check("at the posterior the ELBO is log p(x)")
def tight(student):
    # For s = 1 the posterior is N(x / 2, 1 / 2) and p(x) is N(x; 0, 2).
    for x in (0.0, 1.4):
        log_px = -0.25 * x * x - math.log(4 * math.pi) / 2
        value = float(student.conjugate_elbo(x, x / 2, 0.5, 1.0))
        assert abs(value - log_px) < 1e-4, "for s = 1, m = x / 2, v = 1 / 2 the ELBO should be log N(x; 0, 2)"


@public_check("any other q gives less")
def lower(student):
    best = float(student.conjugate_elbo(1.4, 0.7, 0.5, 1.0))
    for m, v in ((0.9, 0.5), (0.4, 0.5), (0.7, 0.3), (0.7, 0.8)):
        assert float(student.conjugate_elbo(1.4, m, v, 1.0)) < best, "another mean or variance should lower the ELBO"


@public_check("with other noise as well: s is a standard deviation")
def other_noise(student):
    # For s = 2 the posterior is N(x / 5, 4 / 5) and p(x) is N(x; 0, 5).
    log_px = -0.1 * 1.5 * 1.5 - math.log(10 * math.pi) / 2
    value = float(student.conjugate_elbo(1.5, 0.3, 0.8, 2.0))
    assert abs(value - log_px) < 1e-4, "for s = 2, m = x / 5, v = 4 / 5 the ELBO should be log N(x; 0, 5)"
