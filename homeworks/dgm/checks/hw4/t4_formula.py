"""Public checks of `t4_formula`."""

import math

from dgm.checking import public_check


@public_check("without noise")
def without(student):
    assert tuple(student.noisy_segments(0.0, 0.0)) == (0.0, 0.0, 0.0), "the same segment: all three are 0"
    kl, js, w1 = student.noisy_segments(-0.4, 0.0)
    assert kl == math.inf, "disjoint segments: KL is math.inf"
    assert abs(js - math.log(2)) < 1e-6, "disjoint segments: JS is log 2"
    assert abs(w1 - 0.4) < 1e-6, "every point travels 0.4"


@public_check("with noise")
def noisy(student):
    kl, js, w1 = student.noisy_segments(1.0, 0.5)
    assert abs(kl - 2.0) < 1e-5, "KL of two Gaussians that lie two standard deviations apart"
    assert 0 < js < math.log(2), "JS lies between 0 and log 2"
    assert abs(w1 - 1.0) < 1e-5, "noise on both does not change the distance"


@public_check("far apart, and close together")
def limits(student):
    assert abs(student.noisy_segments(3.0, 0.1)[1] - math.log(2)) < 1e-5, "30 standard deviations apart: log 2"
    small = student.noisy_segments(0.02, 1.0)[1]
    assert abs(small - 0.02**2 / 8) < 2e-6, "for a small gap JS is about (theta / sigma)^2 / 8"
