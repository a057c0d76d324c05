"""The moments written out, and a list."""


def score_matching_losses(slope, variance, sigma):
    second_moment = variance
    implicit = slope + slope * slope * second_moment / 2
    explicit = implicit + 1 / (2 * variance)
    noisy = variance + sigma * sigma
    best = -1 / noisy
    denoising = noisy * (slope - best) ** 2 / 2 + (1 / sigma**2 - 1 / noisy) / 2
    return [explicit, implicit, denoising]
