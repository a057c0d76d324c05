"""Entry by entry, with Python numbers."""

import math


def plane_frechet(mean1, cov1, mean2, cov2):
    (a, b), (_, c) = cov1.tolist()
    (d, e), (_, f) = cov2.tolist()
    trace = a * d + 2 * b * e + c * f
    determinants = (a * c - b * b) * (d * f - e * e)
    gap = sum((p - q) ** 2 for p, q in zip(mean1.tolist(), mean2.tolist()))
    return gap + a + c + d + f - 2 * math.sqrt(trace + 2 * math.sqrt(determinants))
