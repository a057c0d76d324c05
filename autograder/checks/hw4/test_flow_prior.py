"""Hidden checks of hw4/flow_prior: a flow as the prior.

Oracle   An affine flow and one of hyperbolic sines, both with weights of the judge: densities, inverses and gradients
         are known in closed form or by central differences of the judge's own formula.
Costing  A wrong `log_prob` costs `kl` nothing: it may follow the submission's own log_prob, for which another call
once     asks.
Error    1e-9; 1e-6 of the size is allowed, 1e-5 for gradients.
Cost     0.1 s.
Rejects  every mistake in flow_prior.mistakes.md.
"""

import math
from functools import partial

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "FlowPrior": {
        "the flow maps z to standard normal noise": "log_prob",
        "`flow` is an invertible network.": "log_prob, sample",
        "`flow(z)` for z (n, d) gives the pair (noise (n, d), log_det (n,))": "log_prob, kl",
        "`flow.inverse(noise)` gives z back": "sample",
        "log p(z) of every row of z (n, d): (n,)": "log_prob",
        "Draw n points (n, d) from p(z): those that the flow maps to the standard normal noise eps": "sample",
        "An estimate of KL(q(z | x_b) || p(z)) for every data point, from one draw each: (B,)": "kl",
        "mean and log_std (B, d) belong to the diagonal Gaussians q(z | x_b)": "kl",
        "The estimate is log q(z | x_b) - log p(z) at the z that eps makes.": "kl",
        "Its gradient reaches the parameters of the flow, mean and log_std.": "gradient",
    },
}


@probe
def prior_with(student, kind, A, c):
    """The student's prior around a flow: noise = A z + c, or noise = A^-1 asinh(A z + c), row by row."""

    class Affine(nn.Module):
        def __init__(self):
            super().__init__()
            self.A, self.c = nn.Parameter(A.clone()), nn.Parameter(c.clone())

        def forward(self, z):
            return z @ self.A.T + self.c, torch.linalg.slogdet(self.A)[1].expand(len(z))

        def inverse(self, noise):
            return torch.linalg.solve(self.A, (noise - self.c).T).T

    class Sinh(Affine):
        def forward(self, z):
            y, log_det = super().forward(z)
            return torch.asinh(y), log_det - 0.5 * torch.log1p(y**2).sum(1)

        def inverse(self, noise):
            return super().inverse(torch.sinh(noise))

    flow = Affine() if kind == "affine" else Sinh()
    return student.FlowPrior(flow), flow


@probe
def densities(student, flow, z):
    with torch.no_grad():
        return prior_with(student, *flow)[0].log_prob(z)


@probe
def samples(student, flow, eps):
    with torch.no_grad():
        return prior_with(student, *flow)[0].sample(eps)


@probe
def divergences(student, flow, mean, log_std, eps):
    with torch.no_grad():
        return prior_with(student, *flow)[0].kl(mean, log_std, eps)


@probe
def gradients(student, flow, mean, log_std, eps, cotangent):
    """What a backward pass from the KL leaves at the flow's parameters, mean and log_std."""
    prior, network = prior_with(student, *flow)
    mean, log_std = mean.clone().requires_grad_(), log_std.clone().requires_grad_()
    value = (prior.kl(mean, log_std, eps) * cotangent).sum()
    return list(torch.autograd.grad(value, [network.A, network.c, mean, log_std]))


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def flows(rng: torch.Generator, d: int) -> list[list]:
    """A flow of each kind, with a well-conditioned A whose determinant has either sign."""
    found = []
    for kind in ("affine", "sinh"):
        A = 0.4 * normal(rng, d, d) + 1.5 * torch.eye(d, dtype=torch.float64)
        found.append([kind, A[torch.randperm(d, generator=rng)], normal(rng, d)])
    return found


def log_density(kind: str, A: Tensor, c: Tensor, z: Tensor) -> Tensor:
    """log p(z), written out."""
    y = z @ A.T + c
    log_det = torch.linalg.det(A).abs().log()
    noise = y if kind == "affine" else torch.asinh(y)
    if kind == "sinh":
        log_det = log_det - 0.5 * (1 + y**2).log().sum(1)
    return -0.5 * noise.square().sum(1) - 0.5 * z.shape[1] * math.log(2 * math.pi) + log_det


def true_kl(kind: str, A: Tensor, c: Tensor, mean: Tensor, log_std: Tensor, eps: Tensor) -> Tensor:
    z = mean + log_std.exp() * eps
    log_q = torch.distributions.Normal(mean, log_std.exp()).log_prob(z).sum(1)
    return log_q - log_density(kind, A, c, z)


def own_kl(grade: Grade, kind: str, A: Tensor, c: Tensor, mean: Tensor, log_std: Tensor, eps: Tensor) -> Tensor:
    """The same with the submission's own log_prob, so that a mistake there costs nothing here."""
    grade.fresh_session()
    z = mean + log_std.exp() * eps
    asked = torch.cat([z, z[:1] + normal(grade.rng, *z[:1].shape)])  # two points at least, of which one is new
    log_p = tensor(grade.submission(densities, [kind, A, c], asked), (len(asked),), "log_prob")
    assert (log_p - log_p[0]).abs().max() > 1e-6, "kl is not right, and log_prob is the same for all z"
    log_p = log_p[: len(z)]
    return torch.distributions.Normal(mean, log_std.exp()).log_prob(z).sum(1) - log_p


def close(found: Tensor, truth: Tensor, tolerance: float = 1e-6) -> bool:
    right = (found - truth).abs() <= tolerance * (1 + truth.abs())
    return bool((truth.isfinite() & right).all())


def gaussians(rng: torch.Generator, B: int, d: int) -> tuple[Tensor, Tensor, Tensor]:
    return normal(rng, B, d), 0.5 * normal(rng, B, d) - 0.3, normal(rng, B, d)


@points("3/10")
@hint("The density of the noise, at the noise, times the volume factor. Which sign has log_det for z -> noise?")
def test_log_prob(grade: Grade):
    """`log_prob` is the change of variables: log N(noise; 0, I) + log_det."""
    for n, d in ((5, 2), (1, 3), (4, 4)):
        for flow in flows(grade.rng, d):
            z = normal(grade.rng, n, d)
            found = tensor(grade.submission(densities, flow, z), (n,), "log_prob")
            assert close(found, log_density(*flow, z)), "log_prob is not right"


@points("1/5")
@hint("Which way must noise go through the flow to become z?")
def test_sample(grade: Grade):
    """`sample` gives the points that the flow maps to the given noise."""
    for n, d in ((6, 2), (1, 3)):
        for kind, A, c in flows(grade.rng, d):
            eps = normal(grade.rng, n, d)
            found = tensor(grade.submission(samples, [kind, A, c], eps), (n, d), "the sample")
            y = eps if kind == "affine" else torch.sinh(eps)
            truth = (y - c) @ torch.linalg.inv(A).T
            assert close(found, truth), "the flow does not map the samples to the noise"


@points("3/10")
@hint("With a flow there is no closed form: log q at the draw minus log p at the same draw, data point by data point.")
def test_kl(grade: Grade):
    """`kl` is log q(z | x) - log p(z) at the z that eps makes."""
    for B, d in ((5, 2), (1, 4), (3, 3)):
        for flow in flows(grade.rng, d):
            case = gaussians(grade.rng, B, d)
            case[1][0, 0], case[1][-1, -1] = -12, 9  # no standard deviation is too small or too large
            found = tensor(grade.submission(divergences, flow, *case), (B,), "kl")
            right = close(found, true_kl(*flow, *case)) or close(found, own_kl(grade, *flow, *case))
            assert right, "kl is not right"


@points("1/5")
@hint("The draw z depends on mean and log_std: is it detached, or the flow under no_grad?")
def test_gradient(grade: Grade):
    """The gradient of `kl` reaches the flow's parameters, mean and log_std."""
    for flow in flows(grade.rng, 3):
        mean, log_std, eps = gaussians(grade.rng, 4, 3)
        tensor(grade.submission(divergences, flow, mean, log_std, eps), (4,), "kl")
        cotangent = normal(grade.rng, 4)
        answer = sequence(grade.submission(gradients, flow, mean, log_std, eps, cotangent), 4, "the gradients")
        arguments = [*flow[1:], mean, log_std]
        for i, name in enumerate(("the flow's parameters", "the flow's parameters", "mean", "log_std")):
            found = tensor(answer[i], tuple(arguments[i].shape), f"the gradient with respect to {name}")
            direction = normal(grade.rng, *arguments[i].shape)
            ends = [[*arguments[:i], arguments[i] + step * direction, *arguments[i + 1 :]] for step in (1e-5, -1e-5)]
            along = (found * direction).sum()
            right = False
            for kl in (true_kl, partial(own_kl, grade)):  # the second is asked only where the first differs
                if right:
                    break
                up, down = ((kl(flow[0], *end, eps) * cotangent).sum() for end in ends)
                right = close(along, (up - down) / 2e-5, 1e-5)
            assert right, f"the gradient with respect to {name} is not right"
