"""Public checks of `t3_formula`."""

import math

from dgm.checking import public_check


@public_check("one weight gives the average log weight")
def one(student):
    value = float(student.iwae_two_point(0.25, 2.0, 5.0, 1))
    assert abs(value - 0.25 * math.log(2) - 0.75 * math.log(5)) < 1e-4, "L_1 should be p log a + (1 - p) log b"


@public_check("equal weights give their logarithm for any K")
def equal(student):
    for K in (1, 3, 10):
        value = float(student.iwae_two_point(0.3, 4.0, 4.0, K))
        assert abs(value - math.log(4)) < 1e-4, "when a = b nothing is random, and every L_K is log a"


@public_check("the bound grows with K and stays below the log of the mean weight")
def grows(student):
    values = [float(student.iwae_two_point(0.25, 2.0, 5.0, K)) for K in (1, 2, 4, 8, 16)]
    assert all(low < high for low, high in zip(values, values[1:], strict=False)), "L_K should grow with K"
    assert values[-1] < math.log(0.25 * 2 + 0.75 * 5), "L_K should stay below log(p a + (1 - p) b)"
