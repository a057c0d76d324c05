"""The root mean square of the values: neither centred nor divided by sqrt(n).

Caught by: standard_error_is_that_of_the_mean
"""


def mc_expectation(f, sampler, n, generator):
    values = f(sampler(n, generator))
    return values.mean(), (values**2).mean().sqrt()
