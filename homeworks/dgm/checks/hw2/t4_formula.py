"""Public checks of `t4_formula`."""

import math

from dgm.checking import public_check


@public_check("a dimension below the noise carries nothing")
def collapsed(student):
    for eigenvalue in (0.1, 0.5, 0.99):
        value = float(student.linear_vae_kl(eigenvalue, 1.0))
        assert value == 0.0, "a direction with less variance than the noise collapses: its KL is exactly 0"


@public_check("above the noise the KL is positive and grows")
def grows(student):
    values = [float(student.linear_vae_kl(eigenvalue, 0.5)) for eigenvalue in (0.6, 1.0, 2.0, 8.0)]
    assert values[0] > 0, "a direction with more variance than the noise is used"
    assert all(low < high for low, high in zip(values, values[1:], strict=False)), "more variance should carry more"


@public_check("only the ratio of the two variances counts")
def ratio(student):
    one, other = float(student.linear_vae_kl(3.0, 1.0)), float(student.linear_vae_kl(0.6, 0.2))
    assert abs(one - other) < 1e-4, "in other units of x both variances change by the same factor, and z does not"


@public_check("four times the variance above the noise is one bit more")
def one_bit(student):
    low, high = float(student.linear_vae_kl(1.5, 0.5)), float(student.linear_vae_kl(6.0, 0.5))
    assert abs(high - low - math.log(2)) < 1e-4, "twice as many values can be told apart: one bit, which is log 2 nats"
