"""Public checks of the formula of theory problem 2."""

from dgm.checking import public_check


@public_check("with tiny steps the target's own variance, with larger ones more")
def limits(student):
    assert abs(float(student.langevin_variance(1.7, 1e-6)) - 1.7) < 1e-4, "tiny steps should give the target's variance"
    values = [float(student.langevin_variance(1.0, eta)) for eta in (0.1, 0.5, 1.0, 3.0)]
    assert values == sorted(values) and values[0] > 1, "larger steps should make the variance larger"


@public_check("in other units of length the variance scales like an area, if the step size does too")
def units(student):
    one, other = float(student.langevin_variance(0.8, 0.5)), float(student.langevin_variance(7.2, 4.5))
    assert abs(other - 9 * one) < 1e-6 * other, "nine times the variance and the step size: nine times the result"


@public_check("one more step changes nothing")
def rest(student):
    for variance, eta in ((1.0, 0.7), (2.0, 1.5)):
        found = float(student.langevin_variance(variance, eta))
        after = (1 - eta / (2 * variance)) ** 2 * found + eta
        assert abs(after - found) < 1e-6, "a step of the dynamics should leave the variance at rest as it is"
