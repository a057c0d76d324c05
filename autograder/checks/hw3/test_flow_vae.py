"""Hidden checks of hw3/flow_vae: a linear flow, and the ELBO of the VAE that turns into it.

Oracle   torch's multivariate normal for the flow and for the evidence; in one dimension the evidence is an integral
         over z. The draw itself is recovered from the terms: with a posterior that the judge computes by completing
         the square on a grid of one dimension, mean and variance of z follow from log p(z) over many eps.
Forging  The three terms must be right one by one: their sum alone is the evidence for any eps.
Error    1e-9; 1e-5 is allowed, 1e-2 for moments from 4000 draws at even quantiles.
Cost     0.1 s.
"""

import math

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal

from autograder.checking import Grade, hint, points, probe, sequence, tensor
from autograder.judging import instruments
from autograder.judging.instruments import normal

PROMISES = {
    "linear_flow_log_prob": {
        "log p(x) (B,) of x = W z + b with z ~ N(0, I), for x (B, D), an invertible W (D, D) and b (D,), in "
        "nats": "flow",
    },
    "elbo_terms": {
        "log p(z), log p(x | z) and log q(z | x), each (B,), at one draw of z for each x (B, D), in"
        " nats": "terms, draws",
        "p(z) = N(0, I), p(x | z) = N(W z + b, s^2 I) with a number s > 0, and q(z | x) is the exact "
        "posterior p(z | x)": "terms",
        "z = mean + A eps for standard normal eps (B, D), with any square root A A^T of the posterior's "
        "covariance": "draws",
        "The first term plus the second minus the third is the ELBO from one draw": "terms",
    },
}


@probe
def flow_densities(student, W, b, x):
    return student.linear_flow_log_prob(W, b, x)


@probe
def terms_of(student, W, b, x, s, eps):
    return student.elbo_terms(W, b, x, s, eps)


def case(rng: torch.Generator, D: int, B: int) -> tuple[Tensor, Tensor, Tensor]:
    """W with singular values from 0.5 to 2 and a determinant of any sign, b and points."""
    left, right = (torch.linalg.qr(normal(rng, D, D))[0] for _ in range(2))
    W = left @ torch.diag(0.5 + 1.5 * torch.rand(D, generator=rng, dtype=torch.float64)) @ right
    b = normal(rng, D)
    return W, b, b + 1.5 * normal(rng, B, D)


def near(answer: Tensor, truth: Tensor, tolerance: float = 1e-5) -> bool:
    return instruments.near(answer, truth, tolerance)


def three(grade: Grade, *arguments: object) -> list[Tensor]:
    answer = sequence(grade.submission(terms_of, *arguments), 3, "what elbo_terms returns")
    names = ("log p(z)", "log p(x | z)", "log q(z | x)")
    return [tensor(part, (len(arguments[2]),), name) for part, name in zip(answer, names, strict=True)]


def evidence(W: Tensor, b: Tensor, x: Tensor, s: float) -> Tensor:
    return MultivariateNormal(b, W @ W.T + s**2 * torch.eye(len(b), dtype=W.dtype)).log_prob(x)


@points("3/10")
@hint("z = W^-1 (x - b) has a density; how much does the inverse map stretch?")
def test_flow(grade):
    """`linear_flow_log_prob` is the log-density of W z + b."""
    for D, B in ((1, 4), (3, 2), (5, 1)):
        W, b, x = case(grade.rng, D, B)
        for A in (W, -W, W.flip(0)):
            answer = tensor(grade.submission(flow_densities, A, b, x), (B,), "the result of linear_flow_log_prob")
            truth = MultivariateNormal(b, A @ A.T).log_prob(x)
            assert near(answer, truth), "linear_flow_log_prob is not the log-density of W z + b"


@points("2/5")
@hint("Precision of the posterior: I + W^T W / s^2. With the exact posterior the ELBO is log p(x), whatever eps is.")
def test_terms(grade):
    """With the exact posterior the three terms make log p(x), for every eps and every s."""
    rng = grade.rng
    for D, B, s in ((1, 4, 0.7), (3, 2, 0.4), (2, 1, 1.6), (2, 3, 0.02)):
        W, b, x = case(rng, D, B)
        for scale in (0.0, 1.0, 3.0):
            eps = scale * normal(rng, B, D)
            prior, likelihood, posterior = three(grade, W, b, x, s, eps)
            total = prior + likelihood - posterior
            assert near(total, evidence(W, b, x, s)), "the three terms do not make log p(x)"
            root = torch.linalg.inv(torch.eye(D, dtype=W.dtype) + W.T @ W / s**2)
            height = -0.5 * torch.linalg.slogdet(root).logabsdet - 0.5 * D * math.log(2 * math.pi)
            truth = height - 0.5 * eps.square().sum(1)
            assert near(posterior, truth), "log q(z | x) is not the log-density of the exact posterior at its draw"
    W, b, x = case(rng, 1, 3)
    z = torch.linspace(-15, 15, 30_001, dtype=torch.float64)[:, None]
    joint = Normal(0.0, 1.0).log_prob(z) + Normal(W[0, 0] * z + b, 0.6).log_prob(x.T)
    integral = (joint.exp().sum(0) * 1e-3).log()
    prior, likelihood, posterior = three(grade, W, b, x, 0.6, normal(rng, 3, 1))
    assert near(prior + likelihood - posterior, integral), "the three terms do not make the integral over z"


@points("3/10")
@hint("z = mean + A eps, where A A^T is the posterior's covariance, not its inverse.")
def test_draws(grade):
    """Prior and decoder are evaluated at a draw from the posterior."""
    rng, n = grade.rng, 4000
    for s in (0.5, 1.3):
        W, b, x = case(rng, 1, 1)
        eps = Normal(0.0, 1.0).icdf((torch.arange(n, dtype=torch.float64) + 0.5) / n)[torch.randperm(n, generator=rng)]
        prior, likelihood, _ = three(grade, W, b, x.expand(n, 1), s, eps[:, None])
        grid = torch.linspace(-12, 12, 24_001, dtype=torch.float64)
        weight = torch.softmax(-0.5 * grid**2 - 0.5 * ((x[0] - W[0, 0] * grid - b) / s) ** 2, 0)
        for name, term, truth in (
            ("log p(z)", prior, Normal(0.0, 1.0).log_prob(grid)),
            ("log p(x | z)", likelihood, Normal(W[0, 0] * grid + b, s).log_prob(x[0])),
        ):
            mean = (weight * truth).sum()
            spread = (weight * (truth - mean) ** 2).sum().sqrt()
            right = abs(term.mean() - mean) < 2e-2 * (1 + spread) and abs(term.std() - spread) < 5e-2 * (0.1 + spread)
            assert right, f"{name} is not evaluated at draws from the posterior"
        D = 3
        W, b, x = case(rng, D, 1)
        prior, _, _ = three(grade, W, b, x, s, torch.zeros(1, D, dtype=torch.float64))
        mean = torch.linalg.solve(torch.eye(D, dtype=W.dtype) * s**2 + W.T @ W, W.T @ (x[0] - b))
        truth = Normal(0.0, 1.0).log_prob(mean).sum()
        assert near(prior, truth), "with eps = 0 the draw is not the posterior's mean"
