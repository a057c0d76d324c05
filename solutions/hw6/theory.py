"""The formulas that the theory problems of homework 6 end in, as small functions of numbers."""

import math


def linear_ode_gradients(a: float, x0: float, T: float, target: float) -> tuple[float, float]:
    """Gradients of the loss L = (x(T) - target)^2 / 2, where dx/dt = a x and x(0) = x0: (dL/dx0, dL/da).

    All arguments are numbers, T > 0, and a may be 0.
    """
    end = x0 * math.exp(a * T)
    return (end - target) * math.exp(a * T), (end - target) * T * end


def langevin_variance(variance: float, step_size: float) -> float:
    """The variance in which Langevin dynamics with steps comes to rest, when the target is N(0, variance).

    A step adds (step_size / 2) score(x) + sqrt(step_size) noise; 0 < step_size < 4 variance. All are numbers.
    """
    return variance / (1 - step_size / (4 * variance))


def score_matching_losses(slope: float, variance: float, sigma: float) -> tuple[float, float, float]:
    """Explicit, implicit and denoising score matching of the score model s(x) = slope x on data x ~ N(0, variance).

    Explicit: E[(s(x) - score(x))^2] / 2. Implicit: E[s'(x) + s(x)^2 / 2]. Denoising with noise sigma > 0:
    E[(s(x + sigma eps) + eps / sigma)^2] / 2. All are numbers.
    """
    explicit = 0.5 * variance * (slope + 1 / variance) ** 2
    implicit = slope + 0.5 * slope**2 * variance
    denoising = 0.5 * (slope**2 * (variance + sigma**2) + 2 * slope + sigma**-2)
    return explicit, implicit, denoising


def ve_posterior(x0: float, xt: float, sigma_before: float, sigma_now: float) -> tuple[float, float]:
    """Mean and variance of q(x_{t-1} | x_t, x_0) in a chain that adds noise and never shrinks its points.

    Given x_0, the numbers x_{t-1} and x_t have the mean x_0 and the standard deviations
    0 <= sigma_before < sigma_now; x_t is x_{t-1} plus independent noise. All are numbers.
    """
    share = sigma_before**2 / sigma_now**2
    return (1 - share) * x0 + share * xt, sigma_before**2 * (1 - share)
