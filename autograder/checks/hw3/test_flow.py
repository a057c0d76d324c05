"""Hidden checks of hw3/flow: a chain of invertible layers, its log-determinant and its density.

Oracle   The layers come from the judge: affine maps and bends with known inverses, which do not commute. The truth is
         the map itself, and the determinant of its Jacobian by automatic differentiation, here in the judge; for an
         affine chain also the density of torch's multivariate normal, and the mass on a grid.
Forging  Truth is computed from numbers that the judge drew; the cotangents of the gradients are drawn afterwards.
Error    1e-10; 1e-6 is allowed.
Cost     0.2 s.
"""

import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from autograder.checking import Grade, hint, number, points, probe, sequence, tensor
from autograder.judging import instruments
from autograder.judging.instruments import normal

PARAMETERS_GIVEN = True  # the docstring says which there are

PROMISES = {
    "Flow": {
        "A flow made of layers, each an nn.Module that is invertible": "forward, inverse",
        "A layer has two methods. `layer(x)` returns z and log |det dz/dx|; `layer.inverse(z)` returns x and log |det "
        "dx/dz|": "forward, inverse",
        "x and z have the same shape (B, ...), with any number of dimensions": "forward, inverse, density",
        "a log-determinant is (B,), one number for every row of the batch": "forward, inverse",
        "The flow has the same two methods, and its parameters are those of its layers": "forward, inverse, gradient",
        "Gradients reach the parameters of all layers through everything that the flow returns": "gradient",
        "All layers in order, the first one first: z, and log |det dz/dx| (B,) of the whole map": "forward",
        "The way back: the x with forward(x) = z, and log |det dx/dz| (B,)": "inverse",
        "log p(x) (B,), in nats, where forward(x) is standard normal": "density",
    }
}


@probe
def layer_of(kind, *parts):
    """An invertible layer on (B, ...): rows times a matrix plus a shift, or a bend of every number by itself."""

    class Affine(nn.Module):
        def __init__(self, matrix, shift):
            super().__init__()
            self.matrix, self.shift = nn.Parameter(matrix.clone()), nn.Parameter(shift.clone())

        def forward(self, x):
            z = x.flatten(1) @ self.matrix.T + self.shift
            return z.view(x.shape), torch.linalg.slogdet(self.matrix).logabsdet.expand(len(x))

        def inverse(self, z):
            x = torch.linalg.solve(self.matrix, (z.flatten(1) - self.shift).T).T
            return x.view(z.shape), -torch.linalg.slogdet(self.matrix).logabsdet.expand(len(z))

    class Bend(nn.Module):
        def __init__(self, strength):
            super().__init__()
            self.strength = nn.Parameter(strength.clone())

        def forward(self, x):
            s = self.strength
            return torch.sinh(s * x) / s, torch.cosh(s * x).log().flatten(1).sum(1)

        def inverse(self, z):
            s = self.strength
            return torch.asinh(s * z) / s, -0.5 * torch.log1p((s * z).square()).flatten(1).sum(1)

    return Affine(*parts) if kind == "affine" else Bend(*parts)


@probe
def applied_twice(student, part, x):
    """What a flow makes of x that has the same layer twice."""
    layer = layer_of(*part)
    return list(student.Flow([layer, layer])(x))


@probe
def asked(student, method, chain, x):
    """One method of a flow made of these layers."""
    with torch.no_grad():
        return getattr(student.Flow([layer_of(*parts) for parts in chain]), method)(x)


@probe
def pulled_back(student, chain, x, cotangents):
    """How many numbers the flow trains, and the gradients of what it returns in the parameters of its layers."""
    layers = [layer_of(*parts) for parts in chain]
    flow = student.Flow(layers)
    parameters = [parameter for layer in layers for parameter in layer.parameters()]
    z, log_det = flow(x)
    back, log_det_back = flow.inverse(x)
    found = [sum(parameter.numel() for parameter in flow.parameters())]
    for results in ([z, log_det], [back, log_det_back], [flow.log_prob(x)]):
        total = sum((result * c).sum() for result, c in zip(results, cotangents, strict=False))
        if not total.requires_grad:
            total = total + sum(0.0 * parameter.sum() for parameter in parameters)
        gradients = torch.autograd.grad(total, parameters, allow_unused=True)
        found.append([torch.zeros_like(p) if g is None else g for p, g in zip(parameters, gradients, strict=True)])
        cotangents = cotangents[2:]
    return found


def affine(rng: torch.Generator, D: int) -> list:
    """A matrix with a determinant that is neither 0 nor 1, and a shift."""
    turn = torch.linalg.qr(normal(rng, D, D))[0]
    return ["affine", turn * (0.5 + torch.rand(D, generator=rng, dtype=torch.float64)), normal(rng, D)]


def bend(rng: torch.Generator) -> list:
    return ["bend", 0.5 + torch.rand((), generator=rng, dtype=torch.float64)]


def chains(rng: torch.Generator) -> list[tuple[list, Tensor]]:
    """Chains of different lengths and points of different shapes."""
    found = []
    for shape, kinds in (((4, 3), "ABA"), ((2, 2, 1, 2), "BA"), ((1, 2), "AABA"), ((3, 5), "A"), ((2, 1), "BA")):
        D = normal(rng, *shape)[0].numel()
        found.append(([affine(rng, D) if kind == "A" else bend(rng) for kind in kinds], normal(rng, *shape)))
    return found


def through(chain: list, x: Tensor) -> Tensor:
    """z by the layers of the judge, one after the other."""
    for parts in chain:
        x = layer_of(*parts)(x)[0]
    return x


def log_det_of(chain: list, x: Tensor) -> Tensor:
    """log |det dz/dx| from the Jacobian of the whole map."""
    J = torch.autograd.functional.jacobian(lambda x: through(chain, x).flatten(1).sum(0), x)
    return torch.linalg.slogdet(J.flatten(2).transpose(0, 1)).logabsdet


def near(answer: Tensor, truth: Tensor, tolerance: float = 1e-6) -> bool:
    return instruments.near(answer, truth, tolerance)


def pair(grade: Grade, method: str, chain: list, x: Tensor, what: str) -> tuple[Tensor, Tensor]:
    answer = sequence(grade.submission(asked, method, chain, x), 2, f"what {method} returns")
    log_det = tensor(answer[1], (len(x),), f"the log-determinant of {method}")
    return tensor(answer[0], tuple(x.shape), f"the {what} of {method}"), log_det


@points("1/4")
@hint("The output of each layer is the input of the next; the logarithms of the determinants add up.")
def test_forward(grade):
    """`forward` runs the layers in order, and its log-determinant is that of the whole map."""
    for chain, x in chains(grade.rng):
        z, log_det = pair(grade, "forward", chain, x, "z")
        assert near(z, through(chain, x).detach()), "z is not what the layers give, one after the other"
        assert near(log_det, log_det_of(chain, x)), "the log-determinant of forward is not that of the whole map"
    part, x = affine(grade.rng, 3), normal(grade.rng, 4, 3)
    z, log_det = sequence(grade.submission(applied_twice, part, x), 2, "what forward returns")
    z, log_det = tensor(z, (4, 3), "z"), tensor(log_det, (4,), "the log-determinant")
    right = near(z, through([part, part], x).detach()) and near(log_det, log_det_of([part, part], x))
    assert right, "with the same layer twice, forward is not right"


@points("1/4")
@hint("Shoes come off before socks: the last layer is undone first.")
def test_inverse(grade):
    """`inverse` undoes `forward`, and its log-determinant is that of the way back."""
    for chain, x in chains(grade.rng):
        z = through(chain, x).detach()
        back, log_det = pair(grade, "inverse", chain, z, "x")
        assert near(back, x), "inverse does not give back the x that forward made z of"
        assert near(log_det, -log_det_of(chain, x)), "the log-determinant of inverse is not that of the way back"


@points("1/4")
@hint("The density of z under a standard normal, summed over all dimensions, and how much the map stretches at x.")
def test_density(grade):
    """`log_prob` is a log-density: right for a Gaussian and for a bent flow, and its mass is 1."""
    rng = grade.rng
    for chain, x in chains(rng):
        z = through(chain, x).detach().flatten(1)
        base = MultivariateNormal(torch.zeros_like(z[0]), torch.eye(z.shape[1], dtype=torch.float64)).log_prob(z)
        answer = tensor(grade.submission(asked, "log_prob", chain, x), (len(x),), "the result of log_prob")
        assert near(answer, base + log_det_of(chain, x)), "log_prob is not the log-density of x"
    chain, line = [affine(rng, 2), bend(rng), affine(rng, 2)], torch.linspace(-9, 9, 181, dtype=torch.float64)
    grid = torch.cartesian_prod(line, line)
    answer = tensor(
        grade.submission(asked, "log_prob", chain, grid), (len(grid),), "the result of log_prob", largest=1e20
    )
    mass = answer.exp().sum() * 0.1**2
    inside = base_mass(chain, grid)
    assert abs(mass - inside) < 1e-3, "the density on the plane does not have the mass that it should"


def base_mass(chain: list, grid: Tensor) -> float:
    """What the true density has on the grid; 1 but for what lies outside."""
    z = through(chain, grid).detach()
    log_density = -0.5 * z.square().sum(1) - 1.8378770664093453 + log_det_of(chain, grid)
    return (log_density.exp().sum() * 0.1**2).item()


@points("1/4")
@hint("Are the layers registered, as in nn.ModuleList? Is anything detached, or under no_grad?")
def test_gradient(grade):
    """The flow's parameters are those of its layers, and gradients reach all of them."""
    rng = grade.rng
    for chain, x in chains(rng)[:3]:
        pair(grade, "forward", chain, x, "z")
        cotangents = [normal(rng, *shape) for shape in (x.shape, x.shape[:1], x.shape, x.shape[:1], x.shape[:1])]
        count, *answer = sequence(grade.submission(pulled_back, chain, x, cotangents), 4, "the gradients")
        layers = [layer_of(*parts) for parts in chain]
        parameters = [p for layer in layers for p in layer.parameters()]
        numbers = sum(parameter.numel() for parameter in parameters)
        assert number(count, "the number of parameters") == numbers, "the flow's parameters are not those of its layers"
        z, log_det, back, log_det_back = x, 0, x, 0
        for layer in layers:
            z, change = layer(z)
            log_det = log_det + change
        for layer in reversed(layers):
            back, change = layer.inverse(back)
            log_det_back = log_det_back + change
        density = -0.5 * z.square().flatten(1).sum(1) + log_det
        for found, results in zip(answer, ([z, log_det], [back, log_det_back], [density]), strict=True):
            total = sum((result * c).sum() for result, c in zip(results, cotangents, strict=False))
            cotangents = cotangents[2:]
            truth = torch.autograd.grad(total, parameters, retain_graph=True)
            for gradient, true in zip(sequence(found, len(truth), "the gradients"), truth, strict=True):
                gradient = tensor(gradient, tuple(true.shape), "a gradient")
                assert near(gradient, true), "the gradient with respect to a layer's parameters is not right"
