"""Tests of solutions/hw5/spectral_norm.py: singular values, torch's own parametrisation, and dense operators."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from solutions.hw5.spectral_norm import SpectralLinear, conv_norm, power_iteration


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("shape", [(4, 7), (6, 3)])
def test_power_iteration_finds_the_first_singular_triple(shape):
    W = normal(*shape)
    sigma, u, v = power_iteration(W, normal(shape[0], seed=1), 500)
    U, S, Vh = torch.linalg.svd(W)
    assert sigma.item() == pytest.approx(S[0].item(), rel=1e-10)
    assert (u @ U[:, 0]).abs().item() == pytest.approx(1, abs=1e-9)
    assert (v @ Vh[0]).abs().item() == pytest.approx(1, abs=1e-9)
    assert (u @ U[:, 0]).sign() == (v @ Vh[0]).sign()


def test_a_few_steps_follow_the_powers_of_the_singular_values():
    """After n steps v is proportional to (W^T W)^(n - 1) W^T u."""
    W, u0 = normal(3, 4), normal(3, seed=1)
    for n in (1, 2, 3):
        sigma, u, v = power_iteration(W, u0, n)
        expected = torch.linalg.matrix_power(W.T @ W, n - 1) @ W.T @ u0
        expected = expected / expected.norm()
        assert torch.allclose(v, expected, atol=1e-12)
        assert torch.allclose(u, W @ expected / (W @ expected).norm(), atol=1e-12)
        assert sigma.item() == pytest.approx((W @ expected).norm().item(), abs=1e-12)


def test_the_gradient_of_sigma_is_an_outer_product():
    W = normal(3, 4).requires_grad_()
    sigma, u, v = power_iteration(W, normal(3, seed=1), 2)
    (gradient,) = torch.autograd.grad(sigma, W)
    assert torch.allclose(gradient, torch.outer(u, v), atol=1e-12)
    assert not u.requires_grad and not v.requires_grad


def layer(seed: int = 0) -> SpectralLinear:
    torch.manual_seed(seed)
    return SpectralLinear(5, 3).double()


def matrix(module: SpectralLinear) -> Tensor:
    eye = torch.eye(5, dtype=torch.float64)
    return (module(eye) - module(torch.zeros_like(eye))).T


def test_the_layer_reaches_norm_one():
    module = layer()
    for _ in range(300):
        module(normal(2, 5))
    module.eval()
    assert torch.linalg.matrix_norm(matrix(module), 2).item() == pytest.approx(1, abs=1e-9)
    assert torch.allclose(module(normal(2, 5)) - normal(2, 5) @ matrix(module).T, module.bias.expand(2, 3), atol=1e-12)


def test_the_layer_is_that_of_torch():
    """torch.nn.utils.parametrizations.spectral_norm starts its step from the other vector: so it gets W transposed."""
    torch.manual_seed(0)
    ours = SpectralLinear(3, 5).double()
    theirs = torch.nn.Linear(5, 3).double()
    theirs.weight.data = ours.weight.data.T.clone()
    theirs = torch.nn.utils.parametrizations.spectral_norm(theirs, n_power_iterations=1)
    theirs.parametrizations.weight[0]._v.copy_(ours.u)
    for step in range(3):
        cotangent = normal(5, 3, seed=10 + step)
        mine = (ours(torch.eye(3, dtype=torch.float64)) - ours.bias).T
        other = theirs.weight.T
        assert torch.allclose(mine, other, atol=1e-12)
        (a,) = torch.autograd.grad((mine * cotangent).sum(), ours.weight)
        (b,) = torch.autograd.grad((other * cotangent).sum(), theirs.parametrizations.weight.original)
        assert torch.allclose(a, b.T, atol=1e-12)


def test_evaluation_leaves_the_vector_alone_and_follows_the_weight():
    module = layer().eval()
    before, weight = module.u.clone(), module.weight.detach().clone()
    module(normal(2, 5))
    assert torch.equal(module.u, before) and torch.equal(module.weight, weight)
    v = F.normalize(weight.T @ before, dim=0)
    assert torch.allclose(matrix(module), weight / (weight.T @ before).norm(), atol=1e-12)
    with torch.no_grad():
        module.weight.mul_(3)
    assert torch.allclose(matrix(module), weight / (before @ weight @ v), atol=1e-12)


def test_the_vector_is_saved():
    module, other = layer(0), layer(1)
    for _ in range(3):
        module(normal(2, 5))
    other.load_state_dict(module.state_dict())
    assert torch.equal(other.eval()(normal(2, 5)), module.eval()(normal(2, 5)))


def operator(kernel: Tensor, height: int, width: int) -> Tensor:
    """The convolution as a matrix: one column per basis image."""
    channels, k = kernel.shape[1], kernel.shape[-1]
    basis = torch.eye(channels * height * width, dtype=torch.float64).view(-1, channels, height, width)
    return F.conv2d(basis, kernel, padding=k // 2).flatten(1).T


@pytest.mark.parametrize(("shape", "size"), [((2, 3, 3, 3), (5, 6)), ((4, 1, 5, 5), (7, 4)), ((2, 2, 1, 1), (3, 3))])
def test_conv_norm_is_that_of_the_operator(shape, size):
    kernel, x = normal(*shape), normal(shape[1], *size, seed=1)
    largest = torch.linalg.matrix_norm(operator(kernel, *size), 2).item()
    assert conv_norm(kernel, x, 3000).item() == pytest.approx(largest, rel=1e-6)
    reshaped = torch.linalg.matrix_norm(kernel.flatten(1), 2).item()
    assert (abs(reshaped - largest) < 1e-6) == (shape[-1] == 1), "only for 1 x 1 kernels is the reshaped kernel right"


def test_conv_norm_after_few_steps():
    kernel, x = normal(2, 3, 3, 3), normal(3, 5, 6, seed=1)
    A = operator(kernel, 5, 6)
    for n in (1, 2, 4):
        image = torch.linalg.matrix_power(A.T @ A, n) @ x.flatten()
        assert conv_norm(kernel, x, n).item() == pytest.approx(
            (A @ image).norm().item() / image.norm().item(), rel=1e-12
        )
