"""Public checks of the formula of theory problem 2."""

from dgm.checking import public_check


@public_check("one component alone is its own best fit")
def one_component(student):
    mean, variance = student.forward_kl_gaussian(0.0, 2.0, 0.5)
    assert abs(float(mean) - 2.0) < 1e-6, "with w = 0 only the component at +a is left"
    assert abs(float(variance) - 0.25) < 1e-6, "with w = 0 the variance is that of one component, s squared"


@public_check("equal weights give a mean of 0 and a wide Gaussian")
def equal_weights(student):
    mean, variance = student.forward_kl_gaussian(0.5, 2.0, 0.5)
    assert abs(float(mean)) < 1e-6, "with equal weights the mixture is symmetric about 0"
    assert float(variance) > 0.25 + 1e-6, "two components that are apart are wider together than one"
