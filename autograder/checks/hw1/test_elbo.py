"""Hidden checks of hw1/elbo: the Monte Carlo ELBO, and its gap in a conjugate model.

Oracle   Values: torch.distributions on the probe's decoder, computed a second time here. Exact posterior: a linear
         decoder with orthogonal columns, whose posterior has independent coordinates and whose log p(x) is a
         multivariate normal density; every draw must give it. Average: the integrand of the conjugate model is a
         quadratic in eps, which Gauss-Hermite quadrature integrates exactly (Golub & Welsch, 1969): log p(x) minus the
         KL divergence to the posterior, both by quadrature on a grid, which knows nothing of the posterior's formula.
Error    The oracles agree with the reference to 1e-10; 1e-5 is allowed.
Cost     0.1 s.
Rejects  every mistake in elbo.mistakes.md.
"""

import math

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Independent, MultivariateNormal, Normal

from autograder.checking import hint, points, probe, sequence, tensor
from autograder.judging.instruments import between, normal

PROMISES = {
    "elbo": {
        "Monte Carlo estimate of the evidence lower bound of every data point: (B,), in nats.": "value, average",
        "The model has p(z) = N(0, I) and p(x | z) = N(x; mean(z), diag(std(z))^2)": "value",
        "q(z | x) = N(z; q_mean, diag(q_std)^2).": "value",
        "x is (B, D); q_mean and q_std > 0 are (B, d); eps (K, B, d) is standard normal noise, the only randomness": (
            "value"
        ),
        "`decoder(z)` takes z (K, B, d) to (mean, std), mean (K, B, D)": "value",
        "std a positive tensor of shape () or any that broadcasts to it.": "value",
        "The result is the mean over k of log p(x | z_k) + log p(z_k) - log q(z_k | x)": "value",
        "no term replaced by its closed form: when q is the exact posterior, every z_k gives log p(x) itself.": (
            "zero_variance"
        ),
    },
    "elbo_gap": {
        "How far the ELBO of q lies below log p(x) in a one-dimensional conjugate model, in nats": "gap",
        "p(z) = N(0, 1), p(x | z) = N(x; z, s^2), so s is a standard deviation.": "gap",
        "The approximate posterior is q = N(m, v), so v is a variance.": "gap",
        "The gap is KL(q || p(z | x)), in closed form.": "gap",
        "x, m, v, s are tensors that broadcast to the shape of x; the formula holds elementwise.": "gap",
    },
}
KINDS_OF_STD = {"fixed": "(D,)", "per draw": "(K, B, 1)", "per coordinate": "(K, B, D)"}


@probe
def decoder(weight: Tensor, bias: Tensor, std: Tensor, kind: str, bent: bool) -> object:
    """z (..., d) -> mean (..., D) and std, which is fixed, or has the mean's shape, or depends on z."""

    def decode(z):
        mean = z @ weight.T + bias
        mean = mean + torch.sin(2 * mean) if bent else mean
        stds = {
            "fixed": std,
            "spread out": std.expand(mean.shape),
            "per draw": std * (1.5 + torch.cos(z.sum(-1, keepdim=True))),
            "per coordinate": std * (1.5 + torch.cos(mean)),
        }
        return mean, stds[kind]

    return decode


@probe
def bound(student, x: Tensor, q_mean: Tensor, q_std: Tensor, parameters: list, eps: Tensor) -> Tensor:
    """The ELBO of every data point: (B,)."""
    return student.elbo(x, q_mean, q_std, decoder(*parameters), eps)


@probe
def axes(student, x: Tensor, q_mean: Tensor, q_std: Tensor, parameters: list, eps: Tensor) -> list:
    """How many axes z has, whenever the decoder is called."""
    decode, found = decoder(*parameters), []

    def counted(z):
        found.append(z.dim())
        return decode(z)

    student.elbo(x, q_mean, q_std, counted, eps)
    return found


@probe
def gap(student, x: Tensor, m: Tensor, v: Tensor, s: Tensor) -> Tensor:
    return student.elbo_gap(x, m, v, s)


def decoded(z: Tensor, weight: Tensor, bias: Tensor, std: Tensor, kind: str, bent: bool) -> tuple[Tensor, Tensor]:
    """What the probe's decoder gives for z, computed in another way; std has the mean's shape."""
    linear = torch.einsum("kbj,ij->kbi", z, weight) + bias
    mean = linear + 2 * torch.sin(linear) * torch.cos(linear) if bent else linear
    angle = {"per draw": z.sum(2, keepdim=True), "per coordinate": mean}
    scale = 1.5 + torch.cos(angle[kind]) if kind in angle else torch.ones(1, dtype=z.dtype)
    return mean, (std * scale).expand_as(mean)


def true_bound(x: Tensor, q_mean: Tensor, q_std: Tensor, parameters: list, eps: Tensor) -> Tensor:
    """The mean over the draws of log p(x, z) - log q(z | x)."""
    z = torch.addcmul(q_mean.expand_as(eps), q_std.expand_as(eps), eps)
    mean, std = decoded(z, *parameters)
    log_likelihood = Independent(Normal(mean, std), 1).log_prob(x.expand_as(mean))
    log_prior = MultivariateNormal(torch.zeros_like(z[0, 0]), torch.eye(z.shape[-1], dtype=z.dtype)).log_prob(z)
    log_q = Independent(Normal(q_mean, q_std), 1).log_prob(z)
    return (log_likelihood + log_prior - log_q).mean(0)


def conjugate(x: float, m: float, v: float, s: float) -> tuple[float, float]:
    """log p(x) and KL(q || p(z | x)) for p(z) = N(0, 1), p(x | z) = N(z, s^2), q = N(m, v): sums over a grid of z."""
    z = torch.linspace(m - 12 * math.sqrt(v), m + 12 * math.sqrt(v), 4001, dtype=torch.float64)
    wide = torch.linspace(-14, 14, 40_001, dtype=torch.float64)

    def log_joint(z: Tensor) -> Tensor:
        return Normal(0.0, 1.0).log_prob(z) + Normal(z, s).log_prob(torch.tensor(x, dtype=torch.float64))

    log_px = (log_joint(wide).logsumexp(0) + math.log(wide[1] - wide[0])).item()
    log_q = Normal(torch.tensor(m, dtype=torch.float64), math.sqrt(v)).log_prob(z)
    kl = (log_q.exp() * (log_q - log_joint(z) + log_px)).sum() * (z[1] - z[0])
    return log_px, kl.item()


@points("3/10")
@hint("Draw z from q with the given noise; all three log densities are sums over coordinates, at that same z.")
def test_value(grade):
    """The ELBO is the mean over draws of log p(x | z) + log p(z) - log q(z | x)."""
    rng = grade.rng
    for K, B, D, d in ((1, 4, 3, 2), (6, 5, 2, 4), (3, 1, 4, 1)):
        x, q_mean, q_std = normal(rng, B, D), normal(rng, B, d), between(rng, 0.4, 1.6, B, d)
        q_mean[0], q_std[0] = 0.0, between(rng, 1e-4, 2e-4, d)  # one q is nearly a point
        stds = ((D,), "per coordinate"), ((), "fixed"), ((), "per draw"), ((D,), "fixed"), ((B, D), "fixed")
        for shape, kind in stds:
            parameters = [normal(rng, D, d), normal(rng, D), between(rng, 0.5, 1.5, *shape), kind, True]
            numbers = x, q_mean, q_std, parameters, normal(rng, K, B, d)
            answer = tensor(grade.submission(bound, *numbers), (B,), "the ELBO")
            truth = true_bound(*numbers)
            shapes = {0: "one number", 2: "of shape (B, D)"} if kind == "fixed" else {}
            which = shapes.get(len(shape), f"of shape {KINDS_OF_STD[kind]}")
            assert ((answer - truth).abs() <= 1e-5 * truth.abs().clamp(min=1)).all(), (
                f"the ELBO is not right when the decoder's std is {which}"
            )
    found = sequence(grade.submission(axes, *numbers), None, "the calls of the decoder")
    assert found and set(found) == {3}, "the decoder takes z of shape (K, B, d), and is given one with other axes"


@points("1/5")
@hint("At the exact posterior log p(x, z) - log q(z | x) is the same for every z: no term may be averaged beforehand.")
def test_zero_variance(grade):
    """When q is the exact posterior, every single draw gives log p(x)."""
    rng, D, d, R = grade.rng, 4, 2, 30
    columns = torch.linalg.qr(normal(rng, D, d))[0]
    weight, bias = columns * between(rng, 0.6, 1.8, d), normal(rng, D)
    std = between(rng, 0.5, 1.3)
    point = bias + normal(rng, D)
    precision = torch.eye(d, dtype=torch.float64) + weight.T @ weight / std**2  # diagonal: the columns are orthogonal
    q_std = precision.diagonal().rsqrt()
    q_mean = torch.linalg.solve(precision, weight.T @ (point - bias) / std**2)
    covariance = weight @ weight.T + std**2 * torch.eye(D, dtype=torch.float64)
    log_px = MultivariateNormal(bias, covariance).log_prob(point)
    x, q_mean, q_std = (row.repeat(R, 1) for row in (point, q_mean, q_std))
    parameters = [weight, bias, std, "spread out", False]
    answer = grade.submission(bound, x, q_mean, q_std, parameters, normal(rng, 1, R, d))
    answer = tensor(answer, (R,), "the ELBO")
    assert answer.std() < 1e-5, "the ELBO varies with eps although q is the exact posterior"
    assert (answer - log_px).abs().max() < 1e-5, "the ELBO at the exact posterior is not log p(x)"


@points("1/5")
@hint("The ELBO is a lower bound: what q loses is the KL divergence from q to the posterior.")
def test_average(grade):
    """On average over eps the ELBO is log p(x) - KL(q || p(z | x)), never more than log p(x)."""
    nodes, weights = (torch.from_numpy(part) for part in np.polynomial.hermite_e.hermegauss(8))
    weights = weights / weights.sum()
    for _ in range(4):
        x, m, v, s = (between(grade.rng, *range_).item() for range_ in ((-2, 2), (-1, 1), (0.2, 1.5), (0.5, 1.5)))
        column = torch.ones(len(nodes), 1, dtype=torch.float64)
        parameters = [column[:1], 0 * column[0], s * column[0], "spread out", False]
        numbers = x * column, m * column, math.sqrt(v) * column, parameters, nodes.view(1, -1, 1)
        answer = (weights * tensor(grade.submission(bound, *numbers), (len(nodes),), "the ELBO")).sum()
        log_px, kl = conjugate(x, m, v, s)
        assert answer < log_px + 1e-5, "the ELBO lies above log p(x), averaged over eps"
        assert (answer - (log_px - kl)).abs() < 1e-5, "the ELBO, averaged over eps, is not log p(x) - KL(q || p(z | x))"


@points("3/10")
@hint("v is a variance, s a standard deviation; the divergence goes from q to the posterior.")
def test_gap(grade):
    """elbo_gap is KL(q || p(z | x)): zero at the posterior, positive elsewhere, for any shape."""
    rng = grade.rng
    for shape in ((6,), (2, 3), ()):
        x, m = between(rng, -2, 2, *shape), between(rng, -1.5, 1.5, *shape)
        # v has one entry for all of a row, and s one for all.
        v, s = between(rng, 0.1, 2, *shape[:-1], 1) if shape else between(rng, 0.1, 2), between(rng, 0.4, 1.6)
        answer = tensor(grade.submission(gap, x, m, v, s), shape, "the gap").flatten()
        cases = zip(*(part.expand(shape).flatten().tolist() for part in (x, m, v, s)), strict=True)
        truth = torch.tensor([conjugate(*case)[1] for case in cases], dtype=torch.float64)
        assert (answer >= -1e-6).all(), "the gap is negative: the ELBO would lie above log p(x)"
        assert (answer - truth).abs().max() < 1e-5, "the gap is not KL(q || p(z | x))"
    x, s = between(rng, -2, 2, 5), between(rng, 0.4, 1.6, 5)
    precision = 1 + 1 / s**2
    answer = tensor(grade.submission(gap, x, x / s**2 / precision, 1 / precision, s), (5,), "the gap")
    assert answer.abs().max() < 1e-5, "the gap is not zero when q is the posterior"
