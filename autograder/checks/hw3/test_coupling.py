"""Hidden checks of hw3/coupling: the affine coupling layer (Dinh et al., 2017, arXiv:1605.08803).

Oracle   The network comes from the judge, who makes the map of its numbers coordinate by coordinate; the determinant is
         that of its Jacobian by automatic differentiation. No answer is held against another answer of the guest.
Forging  Gradients are asked for as products with cotangents that are drawn afterwards.
Error    1e-10; 1e-6 is allowed.
Cost     0.2 s.
"""

import torch
from torch import Tensor, nn

from autograder.checking import Grade, hint, number, points, probe, sequence, tensor
from autograder.judging import instruments
from autograder.judging.instruments import normal

PARAMETERS_GIVEN = True  # the docstring says which there are

PROMISES = {
    "AffineCoupling": {
        "Coordinates with mask[i] = True are kept": "forward, inverse",
        "the others are scaled and shifted by functions of the kept ones": "forward",
        "mask (D,) is boolean, with d entries True, in any pattern": "forward, inverse",
        "`net` takes the kept coordinates (B, d), in the order in which they stand in x, to (B, 2 (D - d))": "forward",
        "first a raw scale r for every changed coordinate, then its shift t": "forward",
        "The logarithm of the scale is a = 2 tanh(r / 2), so that no layer scales by more than e^2": "bounded",
        "the changed coordinates become x_i exp(a_i) + t_i": "forward",
        "Gradients reach the input and the parameters of `net`, in both directions": "gradient",
        "these parameters are the layer's own": "gradient",
        "z (B, D) and log |det dz/dx| (B,)": "forward, bounded",
        "The x with forward(x) = z, and log |det dx/dz| (B,), in one call of `net` as well": "inverse",
    }
}


@probe
def network(weights, calls):
    """A network of one hidden layer, whose outputs are NaN after that many calls."""

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.bias = (nn.Parameter(weight.clone()) for weight in weights)
            self.left = calls

        def forward(self, kept):
            self.left -= 1
            output = torch.tanh(kept @ self.first.T) @ self.second.T + self.bias
            return output if self.left >= 0 else output * math.nan

    return Network()


@probe
def asked(student, method, mask, weights, x):
    """One method of a layer whose network may be called once."""
    with torch.no_grad():
        return getattr(student.AffineCoupling(mask, network(weights, 1)), method)(x)


@probe
def pulled_back(student, method, mask, weights, x, cotangents):
    """How many numbers the layer trains; products of the cotangents with the Jacobian in x and in these numbers."""
    net, x = network(weights, 10), x.clone().requires_grad_()
    sources = [x, *net.parameters()]
    layer = student.AffineCoupling(mask, net)
    z, log_det = getattr(layer, method)(x)
    total = (z * cotangents[0]).sum() + (log_det * cotangents[1]).sum()
    products = torch.autograd.grad(total + sum(0.0 * source.sum() for source in sources), sources)
    return [sum(parameter.numel() for parameter in layer.parameters()), *products]


def cases(grade: Grade, size: float = 1.0) -> list[tuple[Tensor, list, Tensor]]:
    """Masks in all patterns, networks and points; `size` is that of the network's outputs."""
    rng, found = grade.rng, []
    for B, D, d in ((4, 2, 1), (1, 5, 2), (3, 6, 5), (5, 4, 1), (2, 7, 3)):
        mask = torch.zeros(D, dtype=torch.bool)
        mask[torch.randperm(D, generator=rng)[:d]] = True
        outputs = 2 * (D - d)
        weights = [normal(rng, 6, d), size * 0.6 * normal(rng, outputs, 6), size * 0.5 * normal(rng, outputs)]
        found.append((mask, weights, 2 * normal(rng, B, D)))
    return found


def moved(mask: Tensor, weights: list, x: Tensor, calls: int = 1) -> Tensor:
    """The layer, coordinate by coordinate."""
    output = network(weights, calls)(x[:, mask])
    raw, shift = output[:, : output.shape[1] // 2], output[:, output.shape[1] // 2 :]
    columns, changed = [], 0
    for i, keep in enumerate(mask.tolist()):
        if keep:
            columns.append(x[:, i])
        else:
            columns.append(x[:, i] * torch.exp(2 * torch.tanh(raw[:, changed] / 2)) + shift[:, changed])
            changed += 1
    return torch.stack(columns, 1)


def log_det_of(mask: Tensor, weights: list, x: Tensor) -> Tensor:
    J = torch.autograd.functional.jacobian(lambda x: moved(mask, weights, x).sum(0), x)
    return torch.linalg.slogdet(J.transpose(0, 1)).logabsdet


def near(answer: Tensor, truth: Tensor, tolerance: float = 1e-6) -> bool:
    return instruments.near(answer, truth, tolerance)


def pair(grade: Grade, method: str, mask: Tensor, weights: list, x: Tensor) -> tuple[Tensor, Tensor]:
    answer = sequence(grade.submission(asked, method, mask, weights, x), 2, f"what {method} returns")
    what = f"of {method}, with a network that may be called once,"
    log_det = tensor(answer[1], (len(x),), f"the log-determinant {what}")
    return tensor(answer[0], tuple(x.shape), f"the first result {what}"), log_det


@points("3/10")
@hint("Kept coordinates pass as they are; the network sees them alone. The Jacobian is triangular.")
def test_forward(grade):
    """`forward` keeps what the mask says, moves the rest, and knows its log-determinant."""
    for mask, weights, x in cases(grade):
        z, log_det = pair(grade, "forward", mask, weights, x)
        assert (z[:, mask] == x[:, mask]).all(), "the kept coordinates do not stay as they are, at their places"
        assert near(z, moved(mask, weights, x).detach()), "the changed coordinates are not x exp(a) + t"
        assert near(log_det, log_det_of(mask, weights, x)), "the log-determinant of forward is not that of the Jacobian"


@points("3/10")
@hint("Undo the shift first and the scale then. What the network needs to know has stayed in z.")
def test_inverse(grade):
    """`inverse` undoes `forward` with one call of the network, and knows its log-determinant."""
    for mask, weights, x in cases(grade):
        back, log_det = pair(grade, "inverse", mask, weights, moved(mask, weights, x).detach())
        assert near(back, x), "inverse does not give back the x that forward made z of"
        truth = -log_det_of(mask, weights, x)
        assert near(log_det, truth), "the log-determinant of inverse is not that of the way back"


@points("1/5")
@hint("tanh comes before the exponential, in both directions and in the log-determinant.")
def test_bounded(grade):
    """However large the network's raw scales are, a coordinate is scaled by no more than e^2."""
    for mask, weights, x in cases(grade, size=40.0):
        z, log_det = pair(grade, "forward", mask, weights, x)
        assert near(z, moved(mask, weights, x).detach()), "z is not right where the raw scales are large"
        assert near(log_det, log_det_of(mask, weights, x)), (
            "the log-determinant is not right where raw scales are large"
        )
        back, _ = pair(grade, "inverse", mask, weights, moved(mask, weights, x).detach())
        right = bool(((back - x).abs() < 1e-4).all())
        assert right, "inverse does not undo forward where the raw scales are large"


@points("1/5")
@hint("Is anything detached, overwritten in place, or under no_grad?")
def test_gradient(grade):
    """Gradients reach the input and the network, in both directions."""
    for mask, weights, x in cases(grade):
        for method in ("forward", "inverse"):
            pair(grade, method, mask, weights, x)
            cotangents = [normal(grade.rng, *x.shape), normal(grade.rng, len(x))]
            answer = grade.submission(pulled_back, method, mask, weights, x, cotangents)
            truth = true_products(method, mask, weights, x, cotangents)
            count, *answer = sequence(answer, 1 + len(truth), "the gradients")
            numbers = sum(weight.numel() for weight in weights)
            assert number(count, "the number of parameters") == numbers, "the layer's parameters are not those of `net`"
            for gradient, true in zip(answer, truth, strict=True):
                right = near(tensor(gradient, tuple(true.shape), "a gradient"), true)
                assert right, f"the gradient of {method} is not right: does it reach x and the network?"


def true_products(method: str, mask: Tensor, weights: list, x: Tensor, cotangents: list) -> list[Tensor]:
    net, x = network(weights, 10), x.clone().requires_grad_()
    sign = 1 if method == "forward" else -1
    raw, shift = net(x[:, mask]).chunk(2, 1)
    log_scale = sign * 2 * torch.tanh(raw / 2)
    changed = x[:, ~mask] * log_scale.exp() + shift if sign > 0 else (x[:, ~mask] - shift) * log_scale.exp()
    total = (x[:, mask] * cotangents[0][:, mask]).sum() + (changed * cotangents[0][:, ~mask]).sum()
    total = total + (log_scale.sum(1) * cotangents[1]).sum()
    return list(torch.autograd.grad(total, [x, *net.parameters()]))
