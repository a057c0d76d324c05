"""The mean and the error of the samples themselves; f is never called.

Caught by: estimate_is_the_mean_over_the_samples
"""


def mc_expectation(f, sampler, n, generator):
    x = sampler(n, generator).flatten(1).sum(1) if sampler(1, generator).dim() > 1 else sampler(n, generator)
    return x.mean(), x.std() / n**0.5
