"""numpy for everything, its standard deviation with n in the denominator, Python numbers as results."""

import numpy as np


def mc_expectation(f, sampler, n, generator):
    values = f(sampler(n, generator)).numpy()
    return float(np.mean(values)), float(np.std(values) / np.sqrt(n))


def histogram_density(x, edges):
    if not ((edges[0] <= x) & (x <= edges[-1])).any():
        raise ValueError("no data")
    return np.histogram(x.numpy(), bins=edges.numpy(), density=True)[0]
