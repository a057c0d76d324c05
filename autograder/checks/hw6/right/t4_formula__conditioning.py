"""Conditioning in the joint Gaussian of x_{t-1} and x_t."""


def ve_posterior(x0, xt, sigma_before, sigma_now):
    covariance = sigma_before**2
    gain = covariance / sigma_now**2
    return x0 + gain * (xt - x0), sigma_before**2 - gain * covariance
