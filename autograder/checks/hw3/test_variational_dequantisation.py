"""Hidden checks of hw3/variational_dequantisation: a conditional coupling, and the bound that a flow in q gives.

Oracle   The layer: coordinate by coordinate from the judge's network, its determinant from the Jacobian in h. The
         bound: u and its density by the change of variables, through the Jacobian of the whole map eps -> u; and over
         an even grid of eps the mean of exp(bound) is the exact mass of the cell, whatever q is.
Forging  Layers and densities come from the judge; cotangents are drawn after the answers.
Error    1e-9, 1e-4 for the mass; 1e-6 and 1e-3 are allowed.
Cost     0.3 s.
"""

import math

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from autograder.checking import hint, number, points, probe, sequence, tensor
from autograder.judging import instruments
from autograder.judging.instruments import normal

PARAMETERS_GIVEN = True  # the docstring says which there are

PROMISES = {
    "ConditionalCoupling": {
        "A coupling layer on h (B, D) whose network also sees the data x (B, D)": "layer",
        "mask (D,) is boolean, with d entries True: those coordinates of h are kept": "layer",
        "`net` takes (B, d + D), the kept coordinates of h and then all of x, to (B, 2 (D - d))": "layer",
        "first a raw scale r for every changed coordinate of h, then its shift t": "layer",
        "The changed coordinates become h_i exp(a_i) + t_i with a = 2 tanh(r / 2)": "layer",
        "No coordinate need be kept: with d = 0 the layer depends on x alone": "layer",
        "The parameters of `net` are the layer's own": "layer",
        "The new h (B, D) and the log |det| (B,) of its Jacobian with respect to the old h": "layer",
    },
    "variational_bound": {
        "log p(x + u) - log q(u | x) (B,) at one draw of u for every x": "bound",
        "its mean is a lower bound on log P(x), in nats": "bound",
        "x (B, D) holds whole numbers, `log_density` takes (B, D) to log p (B,)": "bound",
        "Standard normal noise eps (B, D) runs through the layers in order": "bound",
        "every `layer(h, x)` returns the next h (B, D) and the log |det| (B,) of its Jacobian": "bound",
        "Then u = sigmoid(h), and q(u | x) is the density of this u": "bound",
        "Without layers h is eps": "bound",
        "The gradient reaches the parameters of the layers and of the density": "gradient",
    },
}


@probe
def network(weights):
    """A network of one hidden layer."""

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.bias = (nn.Parameter(weight.clone()) for weight in weights)

        def forward(self, inputs):
            return torch.tanh(inputs @ self.first.T) @ self.second.T + self.bias

    return Network()


@probe
def stretch(strength, bend):
    """A layer for `variational_bound` that is no coupling: h is scaled and shifted by functions of x's sum."""

    class Stretch(nn.Module):
        def __init__(self):
            super().__init__()
            self.strength, self.bend = nn.Parameter(strength.clone()), nn.Parameter(bend.clone())

        def forward(self, h, x):
            angle = self.bend * (1 + x.sum(1, keepdim=True))
            log_scale = 0.4 * torch.sin(angle + self.strength).expand(h.shape)
            return h * log_scale.exp() + angle.cos(), log_scale.sum(1)

    return Stretch()


@probe
def layer_results(student, mask, weights, h, x):
    with torch.no_grad():
        return student.ConditionalCoupling(mask, network(weights))(h, x)


@probe
def layer_products(student, mask, weights, h, x, cotangents):
    """How many numbers the layer trains; products of the cotangents with the Jacobian in h and in these numbers."""
    net, h = network(weights), h.clone().requires_grad_()
    layer = student.ConditionalCoupling(mask, net)
    new, log_det = layer(h, x)
    sources = [h, *net.parameters()]
    total = (new * cotangents[0]).sum() + (log_det * cotangents[1]).sum()
    products = torch.autograd.grad(total + sum(0.0 * source.sum() for source in sources), sources)
    return [sum(parameter.numel() for parameter in layer.parameters()), *products]


@probe
def density_of(mean, std):
    """Independent Gaussians: (n, D) -> (n,)."""

    def log_density(y):
        each = -0.5 * ((y - mean) / std) ** 2 - torch.log(std) - 0.5 * math.log(2 * math.pi)
        return each.sum(1)

    return log_density


@probe
def bounds(student, density, x, layers, eps):
    with torch.no_grad():
        return student.variational_bound(density_of(*density), x, [stretch(*parts) for parts in layers], eps)


@probe
def bound_products(student, density, x, layers, eps, cotangent):
    density = [part.clone().requires_grad_() for part in density]
    layers = [stretch(*parts) for parts in layers]
    sources = [*density, *(p for layer in layers for p in layer.parameters())]
    total = (student.variational_bound(density_of(*density), x, layers, eps) * cotangent).sum()
    return list(torch.autograd.grad(total + sum(0.0 * source.sum() for source in sources), sources))


def near(answer: Tensor, truth: Tensor, tolerance: float = 1e-6) -> bool:
    return instruments.near(answer, truth, tolerance)


def moved(mask: Tensor, net: nn.Module, h: Tensor, x: Tensor) -> Tensor:
    """The conditional layer, coordinate by coordinate."""
    output = net(torch.cat([h[:, mask], x], 1))
    columns, changed, count = [], 0, output.shape[1] // 2
    for i, keep in enumerate(mask.tolist()):
        if keep:
            columns.append(h[:, i])
        else:
            log_scale = 2 * torch.tanh(output[:, changed] / 2)
            columns.append(h[:, i] * log_scale.exp() + output[:, count + changed])
            changed += 1
    return torch.stack(columns, 1)


def log_det_of(f, h: Tensor) -> Tensor:
    """log |det| of the Jacobian of a map that treats every row by itself."""
    J = torch.autograd.functional.jacobian(lambda h: f(h).sum(0), h, create_graph=True)
    return torch.linalg.slogdet(J.transpose(0, 1)).logabsdet


def bound_cases(rng: torch.Generator) -> list[tuple[list, Tensor, list, Tensor]]:
    """Densities, cells, layers and noise."""
    found = []
    for B, D, count in ((4, 2, 2), (1, 3, 1), (3, 1, 3), (2, 2, 0)):
        layers = [[normal(rng), normal(rng)] for _ in range(count)]
        density = [2 * torch.rand(D, generator=rng, dtype=torch.float64), 0.6 + torch.rand(D, generator=rng).double()]
        found.append((density, torch.floor(3 * torch.rand(B, D, generator=rng)).double(), layers, normal(rng, B, D)))
    return found


def true_bound(density: list, x: Tensor, layers: list[nn.Module], eps: Tensor) -> Tensor:
    def u_of(eps: Tensor) -> Tensor:
        h = eps
        for layer in layers:
            h = layer(h, x)[0]
        return torch.sigmoid(h)

    log_q = Normal(0.0, 1.0).log_prob(eps).sum(1) - log_det_of(u_of, eps)
    return density_of(*density)(x + u_of(eps)) - log_q


@points("3/10")
@hint("As in the coupling layer; the network's input has d + D columns, and the Jacobian is that in h.")
def test_layer(grade):
    """The conditional coupling moves h as the network says, knows its log-determinant, and can be trained."""
    rng = grade.rng
    for B, D, d in ((4, 3, 2), (1, 2, 1), (3, 4, 1), (2, 1, 0), (3, 3, 0)):
        mask = torch.zeros(D, dtype=torch.bool)
        mask[torch.randperm(D, generator=rng)[:d]] = True
        weights = [normal(rng, 6, d + D), 0.8 * normal(rng, 2 * (D - d), 6), 0.5 * normal(rng, 2 * (D - d))]
        h, x = normal(rng, B, D), torch.floor(3 * torch.rand(B, D, generator=rng)).double()
        answer = sequence(grade.submission(layer_results, mask, weights, h, x), 2, "what the layer returns")
        new, log_det = tensor(answer[0], (B, D), "the new h"), tensor(answer[1], (B,), "the log-determinant")
        net, start = network(weights), h.clone().requires_grad_()
        true_new = moved(mask, net, start, x)
        true_log_det = log_det_of(lambda h, net=net, mask=mask, x=x: moved(mask, net, h, x), start)
        assert near(new, true_new.detach()), "the new h is not right"
        assert near(log_det, true_log_det.detach()), "the log-determinant is not that of the Jacobian in h"
        cotangents = [normal(rng, B, D), normal(rng, B)]
        answer = grade.submission(layer_products, mask, weights, h, x, cotangents)
        total = (true_new * cotangents[0]).sum() + (true_log_det * cotangents[1]).sum()
        truth = torch.autograd.grad(total, [start, *net.parameters()])
        count, *answer = sequence(answer, 1 + len(truth), "the gradients")
        numbers = sum(weight.numel() for weight in weights)
        assert number(count, "the number of parameters") == numbers, "the layer's parameters are not those of `net`"
        for found, true in zip(answer, truth, strict=True):
            right = near(tensor(found, tuple(true.shape), "a gradient"), true, 1e-5)
            assert right, "the layer's gradient is not right: does it reach h and the network?"


@points("2/5")
@hint("log q(u | x): the density of eps, minus all log-determinants, the sigmoid's among them.")
def test_bound(grade):
    """The bound is log p(x + u) - log q(u | x), and its weights average to the mass of the cell."""
    for density, x, layers, eps in bound_cases(grade.rng):
        answer = tensor(grade.submission(bounds, density, x, layers, eps), (len(x),), "the result of variational_bound")
        truth = true_bound(density, x, [stretch(*parts) for parts in layers], eps).detach()
        assert near(answer, truth), "variational_bound is not log p(x + u) - log q(u | x)"
    density, _, layers, _ = bound_cases(grade.rng)[2]
    eps = torch.linspace(-38, 38, 8001, dtype=torch.float64)[:, None]
    log_weight = Normal(0.0, 1.0).log_prob(eps[:, 0]) + math.log(eps[1, 0] - eps[0, 0])
    law = Normal(*density)
    for place in (0.0, 2.0):
        x = torch.full_like(eps, place)
        answer = grade.submission(bounds, density, x, layers, eps)
        answer = tensor(answer, (len(eps),), "the result of variational_bound")
        exact = (law.cdf(torch.tensor(place + 1)) - law.cdf(torch.tensor(place))).item()
        assert abs((log_weight + answer).exp().sum() / exact - 1) < 1e-3, "the mean of p(x + u) / q(u | x) is not P(x)"
        assert (log_weight.exp() * answer).sum() < math.log(exact), "the mean of the bound is above log P(x)"


@points("3/10")
@hint("Is anything detached, or under no_grad? u depends on the layers, and so does its density.")
def test_gradient(grade):
    """Gradients reach the layers and the density."""
    for density, x, layers, eps in bound_cases(grade.rng):
        tensor(grade.submission(bounds, density, x, layers, eps), (len(x),), "the result of variational_bound")
        cotangent = normal(grade.rng, len(x))
        answer = grade.submission(bound_products, density, x, layers, eps, cotangent)
        mine, parts = [stretch(*p) for p in layers], [part.clone().requires_grad_() for part in density]
        sources = [*parts, *(p for layer in mine for p in layer.parameters())]
        total = (true_bound(parts, x, mine, eps) * cotangent).sum()
        for found, true in zip(
            sequence(answer, len(sources), "the gradients"), torch.autograd.grad(total, sources), strict=True
        ):
            right = near(tensor(found, tuple(true.shape), "a gradient"), true, 1e-5)
            assert right, "the gradient of variational_bound is not right"
