"""A new generator with a fixed seed in place of the one given: every call repeats the same samples.

Caught by: estimate_is_the_mean_over_the_samples
"""


def mc_expectation(f, sampler, n, generator):
    values = f(sampler(n, torch.Generator().manual_seed(0)))
    return values.mean(), values.std() / n**0.5
