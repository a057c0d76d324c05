"""The standard deviation of one value is given as the standard error.

Caught by: standard_error_is_that_of_the_mean
"""


def mc_expectation(f, sampler, n, generator):
    values = f(sampler(n, generator))
    return values.mean(), values.std()
