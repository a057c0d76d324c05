"""The variance of the mean, without the square root.

Caught by: standard_error_is_that_of_the_mean
"""


def mc_expectation(f, sampler, n, generator):
    values = f(sampler(n, generator))
    return values.mean(), values.var() / n
