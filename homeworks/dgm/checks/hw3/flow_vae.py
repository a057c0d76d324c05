"""Public checks of `flow_vae`."""

import torch
from dgm.checking import public_check

W = torch.tensor([[2.0, 0.0], [1.0, -0.5]], dtype=torch.float64)
B = torch.tensor([1.0, -1.0], dtype=torch.float64)


@public_check("the density of a linear flow")
def flow(student):
    x = torch.tensor([[1.0, 0.0], [3.0, 2.0]], dtype=torch.float64)
    value = student.linear_flow_log_prob(W, B, x)
    assert tuple(value.shape) == (2,), f"the result should have shape (2,), not {tuple(value.shape)}"
    truth = torch.distributions.MultivariateNormal(B, W @ W.T).log_prob(x)
    assert torch.allclose(value, truth), "W z + b is N(b, W W^T); the determinant may be negative"


@public_check("the three terms make log p(x), whatever eps is")
def evidence(student):
    x = torch.tensor([[0.5, 1.0]], dtype=torch.float64)
    truth = torch.distributions.MultivariateNormal(B, W @ W.T + 0.25 * torch.eye(2, dtype=torch.float64)).log_prob(x)
    for scale in (0.0, 2.0):
        eps = torch.full((1, 2), scale, dtype=torch.float64)
        prior, likelihood, posterior = student.elbo_terms(W, B, x, 0.5, eps)
        evidence_ = prior + likelihood - posterior
        message = "is q the exact posterior, and z a draw from it? (s is a standard deviation)"
        assert torch.allclose(evidence_, truth, atol=1e-5), message


@public_check("one dimension, by hand")
def by_hand(student):
    one, zero = torch.ones(1, 1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
    prior, _, posterior = student.elbo_terms(one, zero[0], 2 * one, 1.0, zero)
    normal = torch.distributions.Normal(0.0, 1.0)
    assert torch.allclose(prior, normal.log_prob(one[0])), "W = 1, s = 1, x = 2: the posterior's mean is 1"
    half = torch.distributions.Normal(0.0, 0.5**0.5).log_prob(zero[0])
    assert torch.allclose(posterior, half), "W = 1, s = 1: the posterior's variance is 1/2"
