"""The variance that a step does not change, as a quotient."""


def langevin_variance(variance, step_size):
    factor = 1 - step_size / (2 * variance)
    return step_size / (1 - factor**2)
