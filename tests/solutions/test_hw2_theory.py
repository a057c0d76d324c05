"""Tests of solutions/hw2/theory.py: enumeration of the components, quadrature over the draws."""

import math

import numpy as np
import torch

from solutions.hw2.theory import estimator_variances, mixture_elbo


def test_mixture_elbo_is_evidence_minus_kl():
    generator = torch.Generator().manual_seed(0)
    log_joint = torch.randn(5, 3, generator=generator, dtype=torch.float64) - 2
    R = torch.randn(5, 3, generator=generator, dtype=torch.float64).softmax(1)
    posterior = log_joint.softmax(1)
    kl = torch.distributions.kl_divergence(*(torch.distributions.Categorical(p) for p in (R, posterior)))
    assert abs(mixture_elbo(R, log_joint) - (log_joint.logsumexp(1) - kl).sum()) < 1e-12
    assert abs(mixture_elbo(posterior, log_joint) - log_joint.logsumexp(1).sum()) < 1e-12


def test_mixture_elbo_of_hard_responsibilities():
    log_joint = torch.tensor([[-1.5, -0.2, -3.1], [-0.7, -2.6, -1.1]], dtype=torch.float64)
    R = torch.tensor([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]], dtype=torch.float64)
    assert abs(mixture_elbo(R, log_joint) - (-0.2 + (-0.7 - 1.1) / 2 + math.log(2))) < 1e-12


def test_estimator_variances_by_quadrature():
    eps, weight = np.polynomial.hermite_e.hermegauss(12)
    weight = weight / weight.sum()
    for mean, std in ((1.0, 1.0), (-0.6, 1.7), (2.3, 0.4), (0.0, 0.8)):
        z = mean + std * eps
        for variance, draws in zip(estimator_variances(mean, std), (2 * z, z**2 * (z - mean) / std**2), strict=True):
            assert abs(weight @ draws - 2 * mean) < 1e-9
            assert abs(weight @ (draws - 2 * mean) ** 2 - variance) < 1e-9 * variance
    assert estimator_variances(1.0, 1.0) == (4.0, 30.0)
