"""Tests of solutions/hw5/discrete_latents.py: torch.distributions, loops over all codes, score-function gradients."""

import itertools
import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, kl_divergence

from solutions.hw5.discrete_latents import categorical_kl, exact_elbo


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_kl_is_that_of_torch_distributions():
    logits = 3 * normal(4, 5, 7)
    uniform = Categorical(logits=torch.zeros(7, dtype=torch.float64))
    expected = kl_divergence(Categorical(logits=logits), uniform).sum(1)
    assert torch.allclose(categorical_kl(logits), expected, atol=1e-12)
    assert torch.allclose(categorical_kl(logits + 100 * normal(4, 5, 1, seed=1)), expected, atol=1e-9)


def test_kl_at_its_ends():
    logits = torch.zeros(2, 3, 4, dtype=torch.float64)
    assert torch.allclose(categorical_kl(logits), torch.zeros(2, dtype=torch.float64), atol=1e-12)
    logits[1, :, 2] = 1e6
    assert categorical_kl(logits)[1].item() == pytest.approx(3 * math.log(4), abs=1e-9)
    assert torch.autograd.gradcheck(categorical_kl, (normal(2, 2, 3).requires_grad_(),))


def table(N: int, K: int, B: int) -> Tensor:
    """log p(x_b | z) for every code: (K, ..., K, B)."""
    return normal(*[K] * N, B, seed=5)


@pytest.mark.parametrize(("N", "K"), [(1, 3), (2, 4), (3, 2)])
def test_elbo_by_loops(N, K):
    B, logits = 3, normal(3, N, K)
    values = table(N, K, B)
    found = exact_elbo(logits, lambda z: values[tuple(z.T)])
    q = logits.softmax(-1)
    for b in range(B):
        expected = 0.0
        for code in itertools.product(range(K), repeat=N):
            weight = math.prod(q[b, n, k].item() for n, k in enumerate(code))
            expected += weight * (values[code][b].item() - N * math.log(K) - math.log(weight))  # log p(z) = -N log K
        assert found[b].item() == pytest.approx(expected, abs=1e-10)


def test_elbo_is_the_evidence_for_the_exact_posterior():
    N, K, B = 2, 3, 4
    values = table(N, K, B).clone()
    values[:] = values.sum(0, keepdim=True)  # depends on the second latent only: the posterior factorises
    posterior = torch.stack([torch.zeros(B, K, dtype=torch.float64), values[0].T], 1)
    evidence = (values - N * math.log(K)).flatten(0, 1).logsumexp(0)
    assert torch.allclose(exact_elbo(posterior, lambda z: values[tuple(z.T)]), evidence, atol=1e-12)


def test_its_gradient_is_the_mean_of_the_score_function_estimator():
    N, K = 2, 3
    logits, values = normal(1, N, K).requires_grad_(), table(N, K, 1)
    (exact,) = torch.autograd.grad(exact_elbo(logits, lambda z: values[tuple(z.T)]).sum(), logits)
    q = Categorical(logits=logits.detach()[0])
    torch.manual_seed(0)
    z = q.sample((200_000,))
    log_q = q.log_prob(z).sum(1)
    score = torch.nn.functional.one_hot(z, K) - q.probs  # d log q(z) / d logits
    draws = (values[tuple(z.T)][:, 0] - log_q)[:, None, None] * score
    error = draws.std(0) / math.sqrt(len(z))
    assert ((draws.mean(0) - exact[0]).abs() < 5 * error).all()
    assert exact.abs().max() > 0.05
