"""SciPy's binomial distribution."""

import numpy as np
from scipy.stats import binom


def iwae_two_point(p, a, b, K):
    count = np.arange(K + 1)
    return float(binom.pmf(count, K, p) @ np.log((count * a + (K - count) * b) / K))
