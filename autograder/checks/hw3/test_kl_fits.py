"""Hidden checks of hw3/kl_fits: the losses of the forward and of the reverse KL.

Oracle   The flow comes from the judge: a bent, shifted and scaled map with a known inverse. The forward loss is held
         against its density, by Jacobians in the judge; the reverse loss against densities of torch. In one dimension
         and on noise at the quantiles the losses are the closed-form KL divergences of Gaussians.
Forging  The direction that a loss does not need gives NaN; cotangents are drawn after the answers.
Error    1e-10 where the same points are used, 1e-4 for the closed forms; 1e-6 and 1e-3 are allowed.
Cost     0.1 s.
"""

import math

import torch
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from autograder.checking import Grade, hint, points, probe, sequence, tensor
from autograder.judging import instruments
from autograder.judging.instruments import between, normal

PROMISES = {
    "forward_kl_loss": {
        "What is to be made small to fit p to data x (B, ...): (), in nats": "forward_value",
        "`flow(x)` returns z and log |det dz/dx| (B,); p is the law of x when z is standard normal": "forward_value",
        "The loss is the mean of -log p(x) over the batch": "forward_value, gradients",
    },
    "reverse_kl_loss": {
        "An estimate of KL(p || target) from standard normal noise z (B, ...): (), in nats": "reverse_value",
        "`flow.inverse(z)` returns x and log |det dx/dz| (B,); p is the law of this x": "reverse_value",
        "`log_target` takes x to log-densities (B,)": "reverse_value",
        "No data are needed, and flow.forward is not called": "reverse_value",
        "A `log_target` without its normalising constant shifts the loss by a constant": "reverse_value",
        "The gradient reaches the flow's parameters through x as well": "gradients",
    },
}


@probe
def bent_flow(parts, only=""):
    """z = sinh(strength * (x - shift) / scale); what is not `only` gives NaN."""

    class Bent(nn.Module):
        def __init__(self):
            super().__init__()
            self.shift, self.scale, self.strength = (nn.Parameter(part.clone()) for part in parts)

        def forward(self, x):
            inner = self.strength * (x - self.shift) / self.scale
            log_det = torch.log(self.strength / self.scale * torch.cosh(inner)).flatten(1).sum(1)
            return self.allowed("forward", torch.sinh(inner), log_det)

        def inverse(self, z):
            log_det = torch.log(self.scale / self.strength) - 0.5 * torch.log1p(z.square())
            x = self.shift + self.scale / self.strength * torch.asinh(z)
            return self.allowed("inverse", x, log_det.flatten(1).sum(1))

        def allowed(self, direction, *results):
            return results if only in ("", direction) else tuple(result + math.nan for result in results)

    return Bent()


@probe
def line_flow(shift, scale):
    """x = shift + scale z in one dimension."""

    class Line(nn.Module):
        def forward(self, x):
            return (x - shift) / scale, torch.full_like(x[:, 0], -math.log(scale))

        def inverse(self, z):
            return shift + scale * z, torch.full_like(z[:, 0], math.log(scale))

    return Line()


@probe
def target_of(means, stds, offset):
    """The log-density of a mixture of two Gaussians with equal weights in every coordinate, plus a number."""

    def log_target(x):
        both = [-0.5 * ((x - m) / s) ** 2 - math.log(s) for m, s in zip(means, stds, strict=True)]
        return torch.logaddexp(*both).flatten(1).sum(1) + offset

    return log_target


@probe
def losses(student, direction, flow, target, points):
    """The loss of one direction, with a flow that can do nothing else."""
    flow = (
        bent_flow(flow, only="forward" if direction == "forward" else "inverse") if len(flow) == 3 else line_flow(*flow)
    )
    if direction == "forward":
        return student.forward_kl_loss(flow, points)
    return student.reverse_kl_loss(flow, target_of(*target), points)


@probe
def slopes(student, direction, flow, target, points):
    """The gradient of a loss with respect to the flow's parameters."""
    flow = bent_flow(flow)
    loss = (
        student.forward_kl_loss(flow, points)
        if direction == "forward"
        else student.reverse_kl_loss(flow, target_of(*target), points)
    )
    loss = loss + sum(0.0 * parameter.sum() for parameter in flow.parameters())
    return list(torch.autograd.grad(loss, list(flow.parameters())))


def cases(grade: Grade) -> list[tuple[list, list, Tensor]]:
    """Flows, targets and points of several shapes."""
    rng, found = grade.rng, []
    for shape in ((5, 2), (1, 3), (3, 1, 2, 2)):
        flow = [between(rng, -1, 1), between(rng, 0.6, 2), between(rng, 0.4, 1)]
        target = [normal(rng, 2).tolist(), (0.5 + torch.rand(2, generator=rng)).tolist(), normal(rng).item()]
        found.append((flow, target, normal(rng, *shape)))
    return found


def base(z: Tensor) -> Tensor:
    return Normal(0.0, 1.0).log_prob(z).flatten(1).sum(1)


def true_forward(flow: nn.Module, x: Tensor) -> Tensor:
    z, _ = flow(x)
    slope = torch.autograd.grad(z.sum(), x, create_graph=True)[0]  # every coordinate by itself
    return -(base(z) + slope.log().flatten(1).sum(1)).mean()


def true_reverse(flow: nn.Module, target: list, z: Tensor) -> Tensor:
    x, _ = flow.inverse(z)
    slope = torch.autograd.grad(x.sum(), z, create_graph=True)[0]
    return (base(z) - slope.log().flatten(1).sum(1) - target_of(*target)(x)).mean()


DIRECTIONS = ("forward", "reverse")


def near(answer: Tensor, truth: Tensor, tolerance: float = 1e-6) -> bool:
    return instruments.near(answer, truth, tolerance)


def quantiles(n: int = 20_000) -> Tensor:
    return Normal(0.0, 1.0).icdf((torch.arange(n, dtype=torch.float64) + 0.5) / n)[:, None]


def gaussian(grade: Grade) -> tuple[float, float]:
    return between(grade.rng, -1, 1).item(), between(grade.rng, 0.6, 1.8).item()


@points("2/5")
@hint(
    "The negative log-density of the data under the flow: base density of z and log-determinant, mean over the batch."
)
def test_forward_value(grade):
    """`forward_kl_loss` is the mean of -log p(x)."""
    for flow, target, x in cases(grade):
        answer = tensor(grade.submission(losses, "forward", flow, target, x), (), "forward_kl_loss")
        assert near(answer, true_forward(bent_flow(flow), x.requires_grad_())), "forward_kl_loss is not right"
    data, model = gaussian(grade), gaussian(grade)
    answer = grade.submission(losses, "forward", list(model), [], data[0] + data[1] * quantiles())
    truth = kl_divergence(Normal(*data), Normal(*model)) + Normal(*data).entropy()
    right = near(tensor(answer, (), "forward_kl_loss"), truth, 2e-3)
    assert right, "for Gaussian data forward_kl_loss is not KL(data || p) plus the entropy of the data"


@points("2/5")
@hint("log p(x) of a sample x = inverse(z) follows from z and the log-determinant; subtract the target's at x.")
def test_reverse_value(grade):
    """`reverse_kl_loss` is the mean of log p(x) - log target(x) at samples of the flow, and needs no `forward`."""
    for flow, target, z in cases(grade):
        answer = grade.submission(losses, "reverse", flow, target, z)
        answer = tensor(answer, (), "reverse_kl_loss, with a flow whose forward gives NaN,")
        assert near(answer, true_reverse(bent_flow(flow), target, z.requires_grad_())), "reverse_kl_loss is not right"
    model, goal = gaussian(grade), gaussian(grade)
    two = [[goal[0]] * 2, [goal[1]] * 2, -0.9189385332046727 - 0.6931471805599453]  # twice the same component
    answer = tensor(grade.submission(losses, "reverse", list(model), two, quantiles()), (), "reverse_kl_loss")
    truth = kl_divergence(Normal(*model), Normal(*goal))
    assert near(answer, truth, 2e-3), "for two Gaussians reverse_kl_loss is not KL(p || target)"


@points("1/5")
@hint("The target is evaluated at x, and x depends on the parameters. Is anything detached, or under no_grad?")
def test_gradients(grade):
    """Both losses have the gradient that gradient descent needs."""
    for flow, target, drawn in cases(grade):
        for direction in DIRECTIONS:
            mine, points_ = bent_flow(flow), drawn.detach().requires_grad_()
            loss = true_forward(mine, points_) if direction == "forward" else true_reverse(mine, target, points_)
            truth = torch.autograd.grad(loss, list(mine.parameters()))
            answer = sequence(grade.submission(slopes, direction, flow, target, drawn.detach()), 3, "the gradient")
            for gradient, true in zip(answer, truth, strict=True):
                right = near(tensor(gradient, (), "a gradient"), true)
                assert right, f"the gradient of {direction}_kl_loss is not right: does it reach all parameters?"
