"""A hundred samples whatever n is, and an error bar for n.

Caught by: estimate_is_the_mean_over_the_samples
"""


def mc_expectation(f, sampler, n, generator):
    values = f(sampler(100, generator))
    return values.mean(), values.std() / n**0.5
