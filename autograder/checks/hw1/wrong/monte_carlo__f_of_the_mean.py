"""f is applied to the mean of the samples.

Caught by: estimate_is_the_mean_over_the_samples
"""


def mc_expectation(f, sampler, n, generator):
    x = sampler(n, generator)
    return f(x.mean(0, keepdim=True))[0], f(x).std() / n**0.5
