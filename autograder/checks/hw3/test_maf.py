"""Hidden checks of hw3/maf: the Gaussian autoregressive flow (Papamakarios et al., 2017, arXiv:1705.07057).

Oracle   The network comes from the judge, who computes the triangular map from it; the determinant is that of the
         map's Jacobian by automatic differentiation, and the slow direction is held against points of which the judge
         made the question.
Forging  The number of calls is not counted by anybody: after the calls that are allowed, the network's outputs are
         NaN. Cotangents of the gradients are drawn after the answers.
Error    1e-10; 1e-6 is allowed.
Cost     0.2 s.
"""

import torch
from torch import Tensor, nn

from autograder.checking import Grade, hint, number, points, probe, sequence, tensor
from autograder.judging import instruments
from autograder.judging.instruments import between, inherits, left_alone, normal, twisted_order

PARAMETERS_GIVEN = True  # the docstring says which there are

PROMISES = {
    "MAF": {
        "every coordinate of x is Gaussian, given those before it, and z is its noise": "forward",
        "`net` takes x (B, D) to (B, D, 2): the mean and the log standard deviation of every coordinate": "forward",
        "`order` (D,) holds the coordinates 0..D-1 in the order in which they are made": "inverse",
        "the two numbers of coordinate order[k] depend on the coordinates order[0], ..., order[k - 1] alone": "inverse",
        "The parameters of `net` are the layer's own": "gradient",
        "With m, l = mean, log_std at x: x_i = m_i + exp(l_i) z_i": "forward, inverse",
        "z (B, D) and log |det dz/dx| (B,), in one call of `net`": "forward, passes",
        "gradients reach x and the parameters of `net`": "gradient",
        "The x with forward(x) = z, and log |det dx/dz| (B,)": "inverse",
        "in at most D calls of `net`, one after the other": "passes",
    }
}


@probe
def network(order, weights, calls):
    """A network (B, D) -> (B, D, 2), triangular in the order, whose outputs are NaN after that many calls."""

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.weights, self.bias = nn.Parameter(weights[0].clone()), nn.Parameter(weights[1].clone())
            rank = order.argsort()
            self.earlier, self.left = (rank[:, None] > rank).to(weights[0]), calls

        def forward(self, x):
            self.left -= 1
            mean, raw = torch.einsum("bj,kij->kbi", torch.sin(x), self.weights * self.earlier) + self.bias[:, None]
            output = torch.stack([mean, weights[2] * torch.tanh(raw)], -1)
            return output if self.left >= 0 else output * math.nan

    return Network()


@probe
def asked(student, method, order, weights, x, calls):
    """One method of a layer whose network may be called that often, and its argument afterwards."""
    with torch.no_grad():
        return getattr(student.MAF(network(order, weights, calls), order), method)(x), [x]


@probe
def pulled_back(student, order, weights, x, cotangents):
    """How many numbers the layer trains, and products of the cotangents with the Jacobian of `forward`, in its argument
    and in the network's parameters."""
    net, x = network(order, weights, 1), x.clone().requires_grad_()
    sources = [x, *net.parameters()]
    layer = student.MAF(net, order)
    z, log_det = layer.forward(x)
    total = (z * cotangents[0]).sum() + (log_det * cotangents[1]).sum()
    products = torch.autograd.grad(total + sum(0.0 * source.sum() for source in sources), sources)
    return [sum(parameter.numel() for parameter in layer.parameters()), *products]


def cases(grade: Grade) -> list[tuple[Tensor, list, Tensor]]:
    """Orders, networks and points; the first network's log standard deviations go beyond -9 or 9."""
    rng, found = grade.rng, []
    for B, D in ((3, 2), (1, 4), (4, 5), (2, 1)):
        order = twisted_order(rng, D) if D != 2 else torch.tensor([1, 0])
        weights = [0.8 * normal(rng, 2, D, D), 0.6 * normal(rng, 2, D), 1.0]
        if D == 2:
            weights[1][1] = between(rng, 1, 2, D) * normal(rng, D).sign()
            weights[2] = 12.0
        found.append((order, weights, normal(rng, B, D)))
    return found


def moved(net: nn.Module, x: Tensor) -> Tensor:
    """What `forward` makes of its argument."""
    output = net(x)
    mean, log_std = output[..., 0], output[..., 1]
    return (x - mean) * torch.exp(-log_std)


def log_det_of(order: Tensor, weights: list, x: Tensor) -> Tensor:
    """log |det| of the Jacobian of `forward`."""
    J = torch.autograd.functional.jacobian(lambda x: moved(network(order, weights, 1), x).sum(0), x)
    return torch.linalg.slogdet(J.transpose(0, 1)).logabsdet


def near(answer: Tensor, truth: Tensor, tolerance: float = 1e-6) -> bool:
    return instruments.near(answer, truth, tolerance)


def rounding(weights: list) -> float:
    """What a log-determinant may be off by: between log-densities far out in the tails much of it cancels."""
    return 1e-3 if weights[2] > 1 else 1e-6


def pair(grade: Grade, method: str, case: tuple, x: Tensor, calls: int) -> tuple[Tensor, Tensor]:
    answer, after = sequence(grade.submission(asked, method, *case, x, calls), 2, "the answer")
    answer = sequence(answer, 2, f"what {method} returns")
    left_alone(after, [x], method)
    inherits(answer, x, f"what {method} returns")
    log_det = tensor(answer[1], (len(x),), f"the log-determinant of {method}", finite=False)
    return tensor(answer[0], tuple(x.shape), f"the first result of {method}", finite=False), log_det


@points("3/10")
@hint("Solve x = mean + exp(log_std) z for z. The Jacobian is triangular: what stands on its diagonal?")
def test_forward(grade):
    """`forward` is the map that the network describes, and knows its log-determinant."""
    for order, weights, x in cases(grade):
        y, log_det = pair(grade, "forward", (order, weights), x, 100)
        assert near(y, moved(network(order, weights, 1), x).detach()), "the result of forward is not right"
        truth = log_det_of(order, weights, x)
        assert near(log_det, truth, rounding(weights)), "the log-determinant of forward is not that of its Jacobian"


@points("3/10")
@hint("The first coordinate of the order needs nothing, the second needs the first. What does `net` know by then?")
def test_inverse(grade):
    """`inverse` undoes `forward`, in any order of the coordinates, and knows its log-determinant."""
    for order, weights, x in cases(grade):
        y = moved(network(order, weights, 1), x).detach()
        back, log_det = pair(grade, "inverse", (order, weights), y, 100)
        assert near(back, x), "inverse does not give back what forward started from"
        truth = -log_det_of(order, weights, x)
        assert near(log_det, truth, rounding(weights)), "the log-determinant of inverse is not that of the way back"


@points("1/5")
@hint("All of x is known at once: one call is enough. On the way back every call can finish one more coordinate.")
def test_passes(grade):
    """`forward` calls the network once, and `inverse` at most D times."""
    for order, weights, x in cases(grade):
        y = moved(network(order, weights, 1), x).detach()
        answer = pair(grade, "forward", (order, weights), x, 1)
        once = all(bool(result.isfinite().all()) for result in answer)
        assert once and near(answer[0], y), "forward needs more than one call of the network"
        answer = pair(grade, "inverse", (order, weights), y, len(order))
        enough = all(bool(result.isfinite().all()) for result in answer)
        assert enough and near(answer[0], x), "inverse needs more than D calls of the network"


@points("1/5")
@hint("Is anything detached, overwritten in place, or under no_grad?")
def test_gradient(grade):
    """Gradients of `forward` reach its argument and the network."""
    for order, weights, x in cases(grade):
        pair(grade, "forward", (order, weights), x, 1)
        cotangents = [normal(grade.rng, *x.shape), normal(grade.rng, len(x))]
        answer = grade.submission(pulled_back, order, weights, x, cotangents)
        net, start = network(order, weights, 2), x.clone().requires_grad_()
        total = (moved(net, start) * cotangents[0]).sum() - (net(start)[..., 1].sum(1) * cotangents[1]).sum()
        truth = torch.autograd.grad(total, [start, *net.parameters()])
        count, *answer = sequence(answer, 1 + len(truth), "the gradients")
        numbers = sum(parameter.numel() for parameter in net.parameters())
        assert number(count, "the number of parameters") == numbers, "the layer's parameters are not those of `net`"
        for gradient, true in zip(answer, truth, strict=True):
            right = near(tensor(gradient, tuple(true.shape), "a gradient"), true)
            assert right, "the gradient of forward is not right: does it reach its argument and the network?"
