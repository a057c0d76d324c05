"""Public checks of the formula of theory problem 4."""

from dgm.checking import public_check


def pair(student, *case):
    found = student.ve_posterior(*case)
    assert isinstance(found, tuple | list) and len(found) == 2, "return two numbers: mean, variance"
    return [float(value) for value in found]


@public_check("without noise before the step, x_{t-1} is the clean point")
def clean(student):
    mean, variance = pair(student, 0.7, -1.0, 0.0, 0.9)
    assert abs(mean - 0.7) < 1e-9 and abs(variance) < 1e-9, "with sigma_before = 0 nothing is left to infer"


@public_check("with hardly any noise in the step, x_{t-1} is nearly x_t")
def nearly(student):
    mean, variance = pair(student, 0.7, -1.0, 0.9, 0.9001)
    assert abs(mean + 1.0) < 0.01 and variance < 0.01, "a tiny step should leave x_{t-1} near x_t"


@public_check("the mean lies between the two points, and both know more than either")
def between(student):
    for before, now in ((0.4, 1.0), (0.9, 1.0)):
        mean, variance = pair(student, 0.0, 1.0, before, now)
        assert 0 < mean < 1, "the mean should lie between x_0 and x_t"
        assert 0 < variance < min(before**2, now**2 - before**2), "the variance is smaller than that of either source"
