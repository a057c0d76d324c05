"""Hidden checks of hw4/wgan: one step of the Wasserstein GAN with clipping.

Oracle   Networks with a handful of weights, moved by gradient descent with central differences of the objective in
         float64; for RMSprop the same updates by torch, on the judge's side.
Error    1e-8; 1e-6 is allowed.
Cost     0.2 s.
Rejects  every mistake in wgan.mistakes.md.
"""

import copy

import torch
from torch import Tensor, nn

from autograder.checking import Grade, hint, points, probe, sequence, tensor

MAY = {"wgan_step": ("networks",)}

PROMISES = {
    "wgan_step": {
        "K steps of the critic, then one of the generator": "critic, generator",
        "the critic's estimate of the distance, from its last step": "estimate",
        "optimizers is (the generator's, the critic's)": "critic, generator",
        "x (K, B, ...) holds a batch of data for every step of the critic": "critic",
        "generator(noise) gives points like x, critic(x) numbers (B,).": "critic, generator",
        "A critic step increases (mean of critic on data) - (mean of critic on fakes)": "critic",
        "then clips every parameter of the critic to [-clip, clip], biases as well": "critic",
        "The generator's step increases the mean of critic on its fakes.": "generator",
        "No step uses gradients that are left from another.": "leftovers",
        "the difference of means in the last critic step, before its update": "estimate",
    }
}


@probe
def networks(student, weights):
    """A generator and a critic on vectors of two numbers."""

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Parameter(weights[0].clone()), nn.Parameter(weights[1].clone())

        def forward(self, z):
            return torch.tanh(z @ self.a) + self.b

    class Critic(nn.Module):
        def __init__(self):
            super().__init__()
            self.w, self.bias = nn.Parameter(weights[2].clone()), nn.Parameter(weights[3].clone())
            self.out = nn.Parameter(weights[4].clone())

        def forward(self, x):
            return torch.nn.functional.leaky_relu(x @ self.w + self.bias, 0.2) @ self.out

    return Generator(), Critic()


@probe
def stepped(student, weights, kind, rates, steps, clip, leftover):
    """Estimates, then the parameters of generator and critic, after steps with the given batches."""
    nets = networks(student, weights)
    optimizer = torch.optim.SGD if kind == "sgd" else torch.optim.RMSprop
    optimizers = tuple(optimizer(net.parameters(), lr=rate) for net, rate in zip(nets, rates, strict=True))
    for net in nets:
        for p in net.parameters():
            p.grad = torch.full_like(p, leftover)
    estimates = [student.wgan_step(*nets, optimizers, x, (z_c, z_g), clip) for x, z_c, z_g in steps]
    return [estimates, [p.detach() for p in nets[0].parameters()], [p.detach() for p in nets[1].parameters()]]


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def case(rng: torch.Generator, K: int, B: int, clip: float, rounds: int = 1) -> list:
    """Weights, and per round x (K, B, 2), noise (K, B, 3), noise (B, 3). The critic's weights straddle the clip."""
    weights = [normal(rng, 3, 2), normal(rng, 2)] + [2 * clip * normal(rng, *shape) for shape in ((2, 4), (4,), (4,))]
    steps = [[normal(rng, K, B, 2) + 1, normal(rng, K, B, 3), normal(rng, B, 3)] for _ in range(rounds)]
    return [weights, steps]


def truth(weights: list[Tensor], kind: str, rates: tuple[float, float], steps: list, clip: float) -> list:
    """The same steps in the judge: the parameters' gradients by automatic differentiation of the plain objective."""
    weights = [w.clone().requires_grad_() for w in weights]
    nets = (weights[:2], weights[2:])
    optimizer = torch.optim.SGD if kind == "sgd" else torch.optim.RMSprop
    of_generator, of_critic = (optimizer(net, lr=rate) for net, rate in zip(nets, rates, strict=True))

    def generated(z: Tensor) -> Tensor:
        return torch.tanh(z @ weights[0]) + weights[1]

    def judged(x: Tensor) -> Tensor:
        return nn.functional.leaky_relu(x @ weights[2] + weights[3], 0.2) @ weights[4]

    def move(step: torch.optim.Optimizer, objective: Tensor, parameters: list[Tensor]) -> None:
        for p, gradient in zip(parameters, torch.autograd.grad(objective, parameters), strict=True):
            p.grad = -gradient
        step.step()

    estimates = []
    for x, z_c, z_g in steps:
        for batch, z in zip(x, z_c, strict=True):
            objective = judged(batch).mean() - judged(generated(z)).mean()
            move(of_critic, objective, nets[1])
            with torch.no_grad():
                for p in nets[1]:
                    p.copy_(p.clip(-clip, clip))
        estimates.append(objective.item())
        move(of_generator, judged(generated(z_g)).mean(), nets[0])
    return copy.deepcopy([estimates, [p.detach() for p in nets[0]], [p.detach() for p in nets[1]]])


def judge(grade: Grade, kind: str, K: int, rounds: int, part: int, what: str, leftover: float = 0.0) -> None:
    clip = 0.1 + 0.2 * torch.rand((), generator=grade.rng).item()
    weights, steps = case(grade.rng, K, 5, clip, rounds)
    rates = (0.3, 0.2) if kind == "sgd" else (0.02, 0.03)
    answer = sequence(grade.submission(stepped, weights, kind, rates, steps, clip, leftover), 3, "the results")
    true = truth(weights, kind, rates, steps, clip)
    found = sequence(answer[part], len(true[part]), "the results")
    for value, right in zip(found, true[part], strict=True):
        right = torch.as_tensor(right).double()
        value = tensor(value, tuple(right.shape), what)
        assert ((value - right).abs() < 1e-6 * (1 + right.abs())).all(), f"{what} is not right"


@points("2/5")
@hint("Up with data, down with fakes; then, after the step, every parameter back into the box. K times.")
def test_critic(grade: Grade):
    """The critic's parameters after its K steps, each followed by clipping."""
    for kind, K, rounds in (("sgd", 1, 1), ("sgd", 4, 1), ("rmsprop", 3, 2)):
        judge(grade, kind, K, rounds, 2, "what becomes of the critic's parameters")


@points("3/10")
@hint("One step, against the critic as it is after clipping, with noise of its own. Which way does it climb?")
def test_generator(grade: Grade):
    """The generator's parameters after its step against the trained critic."""
    for kind, K, rounds in (("sgd", 1, 1), ("sgd", 3, 2), ("rmsprop", 2, 2)):
        judge(grade, kind, K, rounds, 1, "what becomes of the generator's parameters")


@points("1/5")
@hint("The difference of means on the last batch, as it was before the critic moved.")
def test_estimate(grade: Grade):
    """What is returned is the critic's estimate of the distance in its last step."""
    for kind, K, rounds in (("sgd", 1, 1), ("sgd", 4, 2)):
        judge(grade, kind, K, rounds, 0, "the estimate of the distance")


@points("1/10")
@hint("Gradients pile up until somebody clears them; the generator's step fills the critic's as well.")
def test_leftovers(grade: Grade):
    """What was left in the gradients before changes nothing."""
    for part, what in ((1, "the generator"), (2, "the critic")):
        judge(grade, "sgd", 2, 2, part, f"with old gradients in place, what becomes of {what}", leftover=5.0)
