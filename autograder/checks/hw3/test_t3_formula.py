"""Hidden checks of hw3/t3_formula: by how much a VAE with little noise differs from a flow.

Oracle   The difference of two log-densities of torch's multivariate normal, divided by s^2, at two values of s and
         extrapolated to s = 0.
Error    1e-5 of the value; 1e-3 is allowed.
Cost     0.05 s.
"""

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from autograder.checking import hint, points, probe, tensor
from autograder.judging.instruments import normal

PROMISES = {
    "flow_vae_coefficient": {
        "The limit (B,) of (log p_s(x) - log p_flow(x)) / s^2 as s goes to 0, for x (B, D)": "limit, everywhere",
        "p_s is the law of W z + b + s eps with independent standard normal z and eps (D,), and p_flow that "
        "of W z + b": "limit",
        "W (D, D) is invertible, b (D,)": "everywhere",
    }
}


@probe
def coefficients(student, W, b, x):
    return student.flow_vae_coefficient(W, b, x)


def matrix(rng: torch.Generator, D: int) -> Tensor:
    """Singular values from 0.7 to 1.7: with smaller ones the limit is reached late."""
    left, right = (torch.linalg.qr(normal(rng, D, D))[0] for _ in range(2))
    return left @ torch.diag(0.7 + torch.rand(D, generator=rng, dtype=torch.float64)) @ right


def truth(W: Tensor, b: Tensor, x: Tensor) -> Tensor:
    """Richardson: the quotient at s^2 and 2 s^2 has an error in proportion to s^2."""

    def quotient(variance: float) -> Tensor:
        noisy = W @ W.T + variance * torch.eye(len(b), dtype=W.dtype)
        return (MultivariateNormal(b, noisy).log_prob(x) - MultivariateNormal(b, W @ W.T).log_prob(x)) / variance

    return 2 * quotient(1e-4) - quotient(2e-4)


@points("1/2")
@hint("Expand log det(S + s^2 I) and the inverse of S + s^2 I to first order in s^2, with S = W W^T.")
def test_limit(grade):
    """The coefficient in one dimension and for b = 0."""
    for D, B in ((1, 5), (1, 1), (3, 4)):
        W, x = matrix(grade.rng, D), 1.5 * normal(grade.rng, B, D)
        b = normal(grade.rng, 1) if D == 1 else torch.zeros(D, dtype=torch.float64)
        answer = tensor(grade.submission(coefficients, W, b, x), (B,), "the result of flow_vae_coefficient")
        right = (answer - truth(W, b, x)).abs() < 1e-3 * (1 + truth(W, b, x).abs())
        assert right.all(), "flow_vae_coefficient is not the limit of the difference over s^2"


@points("1/2")
@hint("Both terms: the trace comes from the determinant, the square from the exponent. Where does b go?")
def test_everywhere(grade):
    """The coefficient for any W, b and x."""
    for D, B in ((2, 4), (5, 2), (4, 1)):
        W, b, x = matrix(grade.rng, D), 2 * normal(grade.rng, D), 1.5 * normal(grade.rng, B, D)
        answer = tensor(grade.submission(coefficients, W, b, x), (B,), "the result of flow_vae_coefficient")
        right = (answer - truth(W, b, x)).abs() < 1e-3 * (1 + truth(W, b, x).abs())
        assert right.all(), "flow_vae_coefficient is not right for a b that is not 0"
