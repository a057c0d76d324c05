"""Tests of solutions/hw5/vector_quantize.py: brute force, gradients by hand, the bias of a linear decoder."""

import pytest
import torch
from torch import Tensor

from solutions.hw5.theory import straight_through_bias
from solutions.hw5.vector_quantize import vector_quantize


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def nearest(z_e: Tensor, codebook: Tensor) -> tuple[Tensor, Tensor]:
    """Vectors and indices by loops over all places and code vectors."""
    B, _, H, W = z_e.shape
    indices = torch.empty(B, H, W, dtype=torch.long)
    z_q = torch.empty_like(z_e)
    for b in range(B):
        for i in range(H):
            for j in range(W):
                distances = [(z_e[b, :, i, j] - code).norm().item() for code in codebook]
                indices[b, i, j] = min(range(len(codebook)), key=distances.__getitem__)
                z_q[b, :, i, j] = codebook[indices[b, i, j]]
    return z_q, indices


@pytest.mark.parametrize(("K", "D"), [(5, 3), (3, 5), (4, 4), (1, 2)])
def test_values(K, D):
    z_e, codebook = normal(2, D, 3, 4), normal(K, D, seed=1)
    z_q, indices, codebook_loss, commitment_loss = vector_quantize(z_e, codebook)
    true_z_q, true_indices = nearest(z_e, codebook)
    assert torch.equal(indices, true_indices) and indices.dtype == torch.long
    assert torch.allclose(z_q, true_z_q, atol=1e-12)
    expected = (z_e - true_z_q).square().sum().item() / z_e.numel()
    assert codebook_loss.item() == pytest.approx(expected, abs=1e-12)
    assert commitment_loss.item() == pytest.approx(expected, abs=1e-12)


def test_gradients():
    z_e, codebook = normal(2, 3, 2, 2).requires_grad_(), normal(5, 3, seed=1).requires_grad_()
    cotangent = normal(2, 3, 2, 2, seed=2)

    def gradients(scalar: Tensor) -> list[Tensor | None]:
        return list(torch.autograd.grad(scalar, (z_e, codebook), retain_graph=True, allow_unused=True))

    z_q, indices, codebook_loss, commitment_loss = vector_quantize(z_e, codebook)
    for_z, for_codebook = gradients((z_q * cotangent).sum())
    assert torch.allclose(for_z, cotangent) and for_codebook is None
    error = (z_e - nearest(z_e.detach(), codebook.detach())[0]).detach()
    for_z, for_codebook = gradients(commitment_loss)
    assert torch.allclose(for_z, 2 * error / z_e.numel()) and for_codebook is None
    for_z, for_codebook = gradients(codebook_loss)
    expected = torch.zeros(5, 3, dtype=torch.float64)
    expected.index_add_(0, indices.flatten(), -2 * error.permute(0, 2, 3, 1).reshape(-1, 3) / z_e.numel())
    assert for_z is None and torch.allclose(for_codebook, expected)


def test_the_bias_for_a_quadratic_loss():
    """T4's formula, by autograd on both sides."""
    A, x, codebook = normal(4, 3), normal(4, seed=1), normal(6, 3, seed=2)
    z_e = normal(1, 3, 1, 1, seed=3).requires_grad_()
    z_q = vector_quantize(z_e, codebook)[0]
    (through,) = torch.autograd.grad((A @ z_q.flatten() - x).square().sum(), z_e)
    (direct,) = torch.autograd.grad((A @ z_e.flatten() - x).square().sum(), z_e)
    bias = straight_through_bias(A, z_e.detach().flatten(), z_q.detach().flatten())
    assert torch.allclose((through - direct).flatten(), bias, atol=1e-12)
    assert bias.abs().max() > 0.1
