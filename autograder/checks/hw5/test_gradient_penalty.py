"""Hidden checks of hw5/gradient_penalty: the critic of WGAN-GP (Gulrajani et al., 2017, arXiv:1704.00028).

Oracle   A critic made of sines, f(x) = sum_j a_j sin(w_j . x + b_j), whose gradient the judge writes down; the penalty
         as a function of a, w and b is then an ordinary formula, which autograd differentiates once. Gradients are
         asked for as products with numbers drawn after the values were answered.
Training One critic between N(0, s^2) and N(W, s^2) with weight 1, where right code has the slope 1 + w / (2 r) at the
         midpoint (w, r known). At 200 steps the ratio
         of the measured slope to that one is 1.002 +- 0.013 (mean and sd over 10 seeds); penalised at the real points
         only, or at a mixture of both, it is about 1.35 (2 seeds each).
Error    The formulas agree with the reference to 1e-12; 1e-4 is allowed.
Cost     1.5 s of CPU, nearly all of it in the training check.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Failed, hint, limits, points, probe, sequence, tensor
from autograder.judging.instruments import near_max, normal

PROMISES = {
    "gradient_penalty": {
        "How far the slope of the critic is from 1 on the way between real and generated points: ().": "values",
        "x_real and x_fake (B, ...) are the points, t (B,) holds one number in [0, 1] per pair.": "values",
        "one number per point, (B,) or (B, 1), each from its point alone": "values",
        "at t x_real + (1 - t) x_fake, take the Euclidean norm": "values",
        "over all its dimensions": "values",
        "the penalty is the mean over the pairs of (norm - 1)^2": "values",
        "It can be differentiated with respect to the critic's parameters": "gradient_of_the_penalty",
        "with a finite gradient also where the critic is flat": "gradient_of_the_penalty",
        "no gradient reaches x_real or x_fake": "points_are_constants",
    },
    "critic_loss": {
        "mean critic(x_fake) - mean critic(x_real) + weight * penalty, ()": "critic_loss, trained_slope",
        "Arguments as for `gradient_penalty`.": "critic_loss",
        "A gradient reaches the critic's parameters, and neither x_real nor x_fake.": (
            "critic_loss, points_are_constants"
        ),
    },
}


@probe
def sines(parameters: list, column: bool) -> object:
    """The critic sum_j a_j sin(w_j . x + b_j), with w (J, D), giving (B,) or (B, 1)."""

    def critic(x):
        a, w, b = parameters
        return (a * torch.sin(x.flatten(1) @ w.T + b)).sum(1, keepdim=column)

    return critic


@probe
def penalty(student, parameters: list, column: bool, x_real: Tensor, x_fake: Tensor, t: Tensor) -> Tensor:
    return student.gradient_penalty(sines(parameters, column), x_real, x_fake, t)


@probe
def loss(student, parameters: list, column: bool, case: list, options: dict) -> Tensor:
    return student.critic_loss(sines(parameters, column), *case, **options)


@probe
def slopes(student, which: str, parameters: list, column: bool, case: list, factor: float, options: dict) -> list:
    """Gradients of factor times the penalty, or the loss, with respect to a, w and b."""
    leaves = [parameter.clone().requires_grad_() for parameter in parameters]
    value = getattr(student, which)(sines(leaves, column), *case, **options)
    return torch.autograd.grad(factor * value, leaves)


@probe
def slopes_of_relus(student, which: str, hidden: Tensor, case: list) -> list:
    """The value for a flat network of ReLUs, and its gradients."""
    first, last = hidden.clone().requires_grad_(), torch.zeros_like(hidden[:, 0]).requires_grad_()
    value = getattr(student, which)(lambda x: torch.relu(x @ first.T) @ last, *case)
    return [value, *torch.autograd.grad(value, [first, last], allow_unused=True, materialize_grads=True)]


@probe
def slopes_at_points(student, which: str, parameters: list, case: list, factors: list) -> list:
    """Gradients with respect to the points of the penalty, or loss, plus the points times given factors."""
    x_real, x_fake = (points.clone().requires_grad_() for points in case[:2])
    leaves = [parameter.clone().requires_grad_() for parameter in parameters]
    value = getattr(student, which)(sines(leaves, False), x_real, x_fake, case[2])
    return torch.autograd.grad(value + (x_real * factors[0]).sum() + (x_fake * factors[1]).sum(), [x_real, x_fake])


@probe
def trained_critic(student, shift: float, std: float, steps: int, seed: int, places: Tensor) -> Tensor:
    """Train a critic on numbers from N(shift, std^2) and N(0, std^2); its values at the places."""
    torch.manual_seed(seed)
    critic = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
    optimizer = torch.optim.Adam(critic.parameters(), lr=5e-3, betas=(0.5, 0.9))
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 5e-3 * (1 - step / steps) + 1e-5
        real, fake = shift + std * torch.randn(96, 1), std * torch.randn(96, 1)
        value = student.critic_loss(critic, real, fake, torch.rand(96), weight=1.0)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    with torch.no_grad():
        return critic(places[:, None].float())[:, 0]


def random_case(rng: torch.Generator, shape: tuple[int, ...], n: int) -> tuple[list[Tensor], list[Tensor]]:
    """Parameters a, w, b of a critic, and the points and t of n pairs."""
    D = math.prod(shape)
    parameters = [normal(rng, 5), normal(rng, 5, D) / D**0.5, normal(rng, 5)]
    t = torch.rand(n, generator=rng, dtype=torch.float64)
    return parameters, [normal(rng, n, *shape) + 0.7, 1.5 * normal(rng, n, *shape), t]


CASES = (((3,), 5, False), ((2, 3, 4), 4, True), ((2,), 1, False), ((5,), 5, True), ((2, 3), 4, False))


def true_values(parameters: list[Tensor], x: Tensor) -> Tensor:
    a, w, b = parameters
    return (a * torch.sin(x.flatten(1) @ w.T + b)).sum(1)


def true_penalty(parameters: list[Tensor], x_real: Tensor, x_fake: Tensor, t: Tensor) -> Tensor:
    """From the gradient that the sines have: sum_j a_j cos(w_j . x + b_j) w_j."""
    a, w, b = parameters
    real, fake = x_real.flatten(1), x_fake.flatten(1)
    x = fake + t[:, None] * (real - fake)
    slope = (a * torch.cos(x @ w.T + b)) @ w
    return (slope.square().sum(1).sqrt() - 1).square().mean()


def true_loss(parameters: list[Tensor], case: list[Tensor], weight: float) -> Tensor:
    gap = true_values(parameters, case[1]).mean() - true_values(parameters, case[0]).mean()
    return gap + weight * true_penalty(parameters, *case)


def judge_slopes(grade, which: str, column: bool, parameters: list, case: list, truth, options: dict, what: str):
    """Compare the gradients of factor * value with those of the judge's formula `truth(parameters)`."""
    factor = normal(grade.rng, 1).item() + 2
    answer = grade.submission(slopes, which, parameters, column, case, factor, options)
    answer = sequence(answer, 3, "the gradients")
    leaves = [parameter.clone().requires_grad_() for parameter in parameters]
    expected = torch.autograd.grad(factor * truth(leaves), leaves)
    for found, gradient in zip(answer, expected, strict=True):
        found = tensor(found, tuple(gradient.shape), f"a gradient of {what}")
        assert near_max(found, gradient), f"the gradient of {what} with respect to the critic's parameters is not right"


@points("3/10")
@hint("One t, one point and one norm per pair, over all dimensions of the point; then the mean of (norm - 1)^2.")
def test_values(grade):
    """The penalty is the mean of (norm - 1)^2 over points between the pairs, for points of any shape."""
    for shape, n, column in CASES:
        parameters, case = random_case(grade.rng, shape, n)
        for t in (case[2], torch.ones_like(case[2]), torch.zeros_like(case[2])):
            found = tensor(grade.submission(penalty, parameters, column, *case[:2], t), (), "the penalty")
            truth = true_penalty(parameters, *case[:2], t)
            assert near_max(found, truth), f"the penalty is not right for points of shape {shape}"


@points("1/4")
@hint("The gradient inside the penalty must keep its graph. And what is the derivative of a square root at 0?")
def test_gradient_of_the_penalty(grade):
    """The penalty has the right gradient for the critic's parameters, a finite one where the critic is flat."""
    for shape, n, column in CASES[:2]:
        parameters, case = random_case(grade.rng, shape, n)

        def truth(leaves, case=case):
            return true_penalty(leaves, *case)

        judge_slopes(grade, "gradient_penalty", column, parameters, case, truth, {}, "the penalty")
    hidden, (_, case) = normal(grade.rng, 4, 3), random_case(grade.rng, (3,), 6)
    answer = sequence(grade.submission(slopes_of_relus, "gradient_penalty", hidden, case), 3, "the gradients")
    value = tensor(answer[0], (), "the penalty of a flat critic")
    assert near_max(value, torch.ones(())), "a flat critic should have the penalty 1"
    tensor(answer[1], (4, 3), "the gradient of the penalty where the critic is flat")
    tensor(answer[2], (4,), "the gradient of the penalty where the critic is flat")


@points("1/4")
@hint("Minimising should raise the critic on real points and lower it on generated ones.")
def test_critic_loss(grade):
    """critic_loss is made of the two means and the penalty, with its weight, and trains the critic."""
    for (shape, n, column), options in zip(CASES, ({}, {"weight": 0.7}, {"weight": 3.0}, {}, {}), strict=True):
        parameters, case = random_case(grade.rng, shape, n)
        weight = options.get("weight", 10.0)
        found = tensor(grade.submission(loss, parameters, column, case, options), (), "the loss")
        assert near_max(found, true_loss(parameters, case, weight)), "critic_loss is not right"

        def truth(leaves, case=case, weight=weight):
            return true_loss(leaves, case, weight)

        judge_slopes(grade, "critic_loss", column, parameters, case, truth, options, "critic_loss")


@points("1/10")
@hint("The critic's step must not move the generator: cut the graph at the points.")
def test_points_are_constants(grade):
    """No gradient reaches the points, neither from the penalty nor from the loss."""
    for which in ("gradient_penalty", "critic_loss"):
        parameters, case = random_case(grade.rng, (2, 3), 4)
        factors = [normal(grade.rng, 4, 2, 3), normal(grade.rng, 4, 2, 3)]
        answer = sequence(grade.submission(slopes_at_points, which, parameters, case, factors), 2, "the gradients")
        for found, factor, name in zip(answer, factors, ("x_real", "x_fake"), strict=True):
            found = tensor(found, (4, 2, 3), f"the gradient for {name}")
            assert near_max(found, factor), f"a gradient of {which} reaches {name}"


def best_slope(shift: float, std: float) -> float:
    """1 + w / (2 r) halfway between N(0, std^2) and N(shift, std^2), for points on lines between independent pairs."""
    w = math.erf(shift / 2 / std / math.sqrt(2))
    t = (torch.arange(2000, dtype=torch.float64) + 0.5) / 2000
    variance = std**2 * (t**2 + (1 - t) ** 2)
    r = torch.exp(-((shift / 2 - t * shift) ** 2) / (2 * variance)) / (2 * math.pi * variance).sqrt()
    return 1 + w / (2 * r.mean().item())


@points("1/10")
@limits(cpu_seconds=60, wall_seconds=300)
@hint("If the checks above pass: does your code keep anything from one call to the next?")
def test_trained_slope(grade):
    """A critic trained with the loss reaches the slope that theory gives halfway between two Gaussians."""
    shift, std = (1.7 + 0.6 * torch.rand(2, generator=grade.rng, dtype=torch.float64)).tolist()
    std = std / 2
    order = torch.randperm(41, generator=grade.rng)
    places = shift / 2 + torch.linspace(-0.2, 0.2, 41, dtype=torch.float64)
    answer = grade.submission(trained_critic, shift, std, 200, grade.guest_seed(), places[order])
    values = tensor(answer, (41,), "the trained critic's values")
    x, y = places[order] - places.mean(), values - values.mean()
    slope = ((x * y).sum() / x.square().sum()).item()
    truth = best_slope(shift, std)
    if not math.isfinite(slope):
        raise Failed("the trained critic has no finite slope")
    assert abs(slope / truth - 1) < 0.06, "a critic trained with critic_loss does not reach the slope of theory"
