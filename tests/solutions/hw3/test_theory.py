"""Tests of solutions/hw3/theory.py: determinants by differences, uniform squares, the limit itself, integrals."""

import math

import torch
from torch.distributions import MultivariateNormal

from solutions.hw3.theory import dequantisation_bounds, flow_vae_coefficient, gaussian_to_uniform, planar_log_det

from .oracles import jacobians, normal


def test_the_planar_map_by_differences():
    for D in (1, 2, 5):
        z, u, w = normal(6, D), normal(D, seed=1), normal(D, seed=2)
        for scale in (1.0, -4.0):  # the second is not invertible, and has negative determinants
            J = jacobians(lambda z, u=scale * u, w=w: z + u * torch.tanh(z @ w + 0.3)[:, None], z)
            truth = torch.linalg.slogdet(J).logabsdet
            assert (planar_log_det(z, scale * u, w, 0.3) - truth).abs().max() < 1e-6


def test_the_triangular_map_makes_a_gaussian_uniform():
    mean, covariance = torch.tensor([0.4, -1.0]).double(), torch.tensor([[2.0, -1.1], [-1.1, 0.9]]).double()
    x = MultivariateNormal(mean, covariance).mean + 0.4 * normal(8, 2)
    J = jacobians(lambda x: gaussian_to_uniform(x, mean, covariance), x)
    assert J[:, 0, 1].abs().max() == 0
    density = MultivariateNormal(mean, covariance).log_prob(x)
    assert (torch.linalg.slogdet(J).logabsdet - density).abs().max() < 1e-6
    assert (J.diagonal(dim1=1, dim2=2) > 0).all()
    drawn = MultivariateNormal(mean, covariance).sample((100_000,))
    moved = gaussian_to_uniform(drawn, mean, covariance)
    counts = torch.histogramdd(moved, bins=[4, 4], range=[0.0, 1.0, 0.0, 1.0]).hist
    assert (counts / 100_000 - 1 / 16).abs().max() < 0.01


def test_the_coefficient_is_the_limit():
    for D in (1, 3):
        W, b, x = normal(D, D, seed=D) + 2 * torch.eye(D), normal(D), normal(5, D, seed=9)
        for s, error in ((1e-2, 1e-2), (1e-3, 1e-4)):
            flow, vae = (
                MultivariateNormal(b, W @ W.T + variance * torch.eye(D)).log_prob(x) for variance in (0.0, s**2)
            )
            assert (((vae - flow) / s**2) - flow_vae_coefficient(W, b, x)).abs().max() < error


def test_bounds_of_a_density_in_pieces():
    heights, widths = torch.tensor([0.2, 1.5, 0.6]).double(), torch.tensor([0.5, 0.2, 0.3]).double()
    uniform, pair, exact = dequantisation_bounds(heights, widths)
    u = torch.rand(2, 400_000, generator=torch.Generator().manual_seed(0))
    p = heights[torch.bucketize(u, widths.cumsum(0)[:-1].float())]
    assert abs(p.log().mean() - uniform) < 5e-3
    assert abs(p.mean(0).log().mean() - pair) < 5e-3
    assert abs(p.mean().log() - exact) < 5e-3
    assert uniform < pair < exact
    for bound in dequantisation_bounds(torch.tensor([0.7]), torch.tensor([1.0])):
        assert abs(bound - math.log(0.7)) < 1e-6
