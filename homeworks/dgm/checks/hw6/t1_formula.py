"""Public checks of the formula of theory problem 1."""

import math

from dgm.checking import public_check


def pair(student, *case):
    found = student.linear_ode_gradients(*case)
    assert isinstance(found, tuple | list) and len(found) == 2, "return two numbers: dL/dx0, dL/da"
    return [float(value) for value in found]


@public_check("where nothing moves (a = 0) the adjoint does not move either")
def still(student):
    by_start, by_rate = pair(student, 0.0, 2.0, 1.5, 0.5)
    assert abs(by_start - 1.5) < 1e-6, "for a = 0 the state stays x0, so dL/dx0 = x0 - target"
    assert abs(by_rate - 1.5 * 1.5 * 2.0) < 1e-6, "for a = 0, x(T) grows with a at the rate T x0"


@public_check("at the target there is no gradient")
def arrived(student):
    for value in pair(student, 0.4, 1.2, 1.0, 1.2 * math.exp(0.4)):
        assert abs(value) < 1e-9, "when x(T) is the target, both gradients are zero"


@public_check("a small step down both gradients lowers the loss")
def downhill(student):
    a, x0, T, target = -0.6, 1.1, 0.9, 1.4
    by_start, by_rate = pair(student, a, x0, T, target)

    def loss(a, x0):
        return 0.5 * (math.exp(a * T) * x0 - target) ** 2

    gained = loss(a, x0) - loss(a - 1e-4 * by_rate, x0 - 1e-4 * by_start)
    expected = 1e-4 * (by_rate**2 + by_start**2)
    assert abs(gained - expected) < 0.01 * expected, "a small step should lower the loss by the squared gradient"
