"""Hidden checks of hw5/spectral_norm: power iteration, a normalised layer, the norm of a convolution.

Oracle   Powers of W^T W in closed form: after n steps v is W^T u, multiplied n - 1 times by W^T W. A matrix of rank
         one shows where the layer stands: after one pass on s a b^T its vector is a, whatever it started from. The
         convolution as a dense matrix, from basis images. Gradients by autograd of u^T W v with fixed u and v.
Error    Closed forms agree with the reference to 1e-12; 1e-4 is allowed.
Cost     0.3 s.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checking import hint, points, probe, sequence, tensor
from autograder.judging.instruments import near_max, normal

PARAMETERS_GIVEN = True  # the docstring says which there are

PROMISES = {
    "power_iteration": {
        "An estimate (sigma, u, v) of the largest singular value of W (m, n) and its two singular vectors.": (
            "iteration"
        ),
        "in each of n_steps >= 1 steps let v (n,) be W^T u and then u (m,) be W v, both scaled to length 1": (
            "iteration"
        ),
        "sigma () is u^T W v after the last step": "iteration",
        "The vectors count as constants: no gradient flows through them": "gradient_of_sigma",
        "the gradient of sigma with respect to W is u v^T": "gradient_of_sigma",
    },
    "SpectralLinear": {
        "A linear layer whose matrix is divided by an estimate of its largest singular value.": "layer",
        "The parameters are `weight` (out_features, in_features) and `bias` (out_features,).": (
            "layer, layer_gradient, layer_state"
        ),
        "Every forward pass in training mode first makes one step of power iteration on the weight as it is now": (
            "layer"
        ),
        "from the vector u that the previous pass left": "layer",
        "the first one starts from a random vector that is drawn when the layer is made": "layer_state",
        "In evaluation mode the vector stays, and sigma is computed from it and from the weight as it is now": (
            "layer_state"
        ),
        "u^T W v with the v that u gives, or": "layer_state",
        "with the one of the last step": "layer_state",
        "The vector is part of the layer's `state_dict`.": "layer_state",
        "flows through the matrix and through sigma, but not through the vectors": "layer_gradient",
        "the values of `weight` are left alone": "layer",
        "x (..., in_features) times the transpose of weight / sigma, plus the bias: (..., out_features).": "layer",
    },
    "conv_norm": {
        "The largest factor by which a convolution can lengthen an image, estimated by power iteration: ().": (
            "conv_norm"
        ),
        "kernel (D, C, k, k) with odd k acts with stride 1 and zeros around the image": "conv_norm",
        "x (C, H, W) is the image to start from.": "conv_norm",
        "It fixes H and W too, on which the result depends.": "conv_norm",
        "applies the convolution and then its transpose and scales the image to length 1": "conv_norm",
        "the result is the length of the convolution of the last image": "conv_norm",
    },
}


@probe
def iterated(student, W: Tensor, u: Tensor, n_steps: int) -> list:
    return student.power_iteration(W, u, n_steps)


@probe
def gradient_of_all(student, W: Tensor, u: Tensor, n_steps: int, factor: float, for_u: Tensor, for_v: Tensor) -> Tensor:
    """The gradient of factor * sigma + for_u . u + for_v . v with respect to W."""
    W = W.clone().requires_grad_()
    sigma, u, v = student.power_iteration(W, u, n_steps)
    return torch.autograd.grad(factor * sigma + (for_u * u).sum() + (for_v * v).sum(), W)[0]


@probe
def layer_with(student, weight: Tensor, bias: Tensor, seed: int) -> object:
    """A layer in float64 with these parameters."""
    torch.manual_seed(seed)
    layer = student.SpectralLinear(weight.shape[1], weight.shape[0]).double()
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
    return layer


@probe
def parameter_names(student, into: int, out: int) -> list:
    return sorted(name for name, _ in student.SpectralLinear(into, out).named_parameters())


@probe
def passes(student, weights: list, training: list, bias: Tensor, xs: list, seed: int, graph: bool = True) -> list:
    """The outputs of one layer whose weight is replaced before each pass; the weight after it."""
    layer, outputs = layer_with(student, weights[0], bias, seed), []
    for weight, mode, x in zip(weights, training, xs, strict=True):
        with torch.no_grad():
            layer.weight.copy_(weight)
        with torch.set_grad_enabled(graph):
            outputs.append([layer.train(mode)(x).detach(), layer.weight.detach().clone()])
    return outputs


@probe
def first_passes(student, weight: Tensor, bias: Tensor, x: Tensor, seeds: list) -> list:
    """The first output in training mode of layers with different seeds."""
    return [layer_with(student, weight, bias, seed)(x).detach() for seed in seeds]


@probe
def loaded(student, first: Tensor, second: Tensor, bias: Tensor, x: Tensor, seeds: list) -> Tensor:
    """A pass on `first`, then the state goes to a new layer, which evaluates with the weight `second`."""
    layer = layer_with(student, first, bias, seeds[0])
    layer.train()(x)
    state = {name: value.clone() for name, value in layer.state_dict().items()}
    other = layer_with(student, second, 0 * bias, seeds[1])
    other.load_state_dict(state)
    with torch.no_grad():
        other.weight.copy_(second)
    return other.eval()(x).detach()


@probe
def layer_gradients(
    student, first: Tensor, second: Tensor, bias: Tensor, x: Tensor, cotangent: Tensor, seed: int, training: bool
):
    """Gradients of a second pass, for weight, bias and x, after a first one on another weight."""
    layer = layer_with(student, first, bias, seed)
    layer.train()(x)
    with torch.no_grad():
        layer.weight.copy_(second)
    x = x.clone().requires_grad_()
    return torch.autograd.grad((layer.train(training)(x) * cotangent).sum(), [layer.weight, layer.bias, x])


@probe
def gradient_of_the_first(
    student, weight: Tensor, bias: Tensor, x: Tensor, other: Tensor, cotangent: Tensor, seed: int
):
    """The gradient for the weight of a pass after which another one was made, as a critic does."""
    layer = layer_with(student, weight, bias, seed).train()
    layer(x)
    first, _ = layer(x), layer(other)
    return torch.autograd.grad((first * cotangent).sum(), layer.weight)[0]


@probe
def conv_norms(student, kernel: Tensor, x: Tensor, n_steps: int) -> Tensor:
    return student.conv_norm(kernel, x, n_steps)


def unit(vector: Tensor) -> Tensor:
    return vector / vector.square().sum().sqrt()


def after(W: Tensor, u: Tensor, n: int) -> tuple[Tensor, Tensor, Tensor]:
    """sigma, u, v after n steps, from powers of W^T W."""
    v = unit(torch.linalg.matrix_power(W.T @ W, n - 1) @ (W.T @ u))
    return (W @ v).square().sum().sqrt(), unit(W @ v), v


def pair(rng: torch.Generator, out: int, into: int) -> tuple[Tensor, Tensor, Tensor]:
    """A matrix of rank one, s a b^T, and its vectors a and b."""
    a, b = unit(normal(rng, out)), unit(normal(rng, into))
    return 2.5 * torch.outer(a, b), a, b


@points("1/5")
@hint("v first, then u, both of length 1; then sigma from the vectors of the last step.")
def test_iteration(grade):
    """power_iteration makes the asked number of steps, and comes to the largest singular value."""
    for shape, n, size in (((4, 3), 1, 1.0), ((3, 5), 2, 1.0), ((2, 2), 3, 1e-4), ((5, 4), 300, 1.0)):
        W, u0 = size * normal(grade.rng, *shape), normal(grade.rng, shape[0])
        if n == 300:
            left, right = torch.linalg.qr(normal(grade.rng, 5, 4)).Q, torch.linalg.qr(normal(grade.rng, 4, 4)).Q
            W = left @ torch.diag(torch.tensor([3.0, 2.0, 1.0, 0.5]).double()) @ right.T
        answer = sequence(grade.submission(iterated, W, u0, n), 3, "the result of power_iteration")
        names = (("sigma", ()), ("u", (shape[0],)), ("v", (shape[1],)))
        if n == 300:
            sigma = tensor(answer[0], (), "sigma")
            assert near_max(sigma, torch.tensor(3.0)), "after many steps sigma is not the largest singular value"
            continue
        for found, (name, expected), truth in zip(answer, names, after(W, u0, n), strict=True):
            found = tensor(found, expected, name)
            assert near_max(found / truth.abs().max(), truth / truth.abs().max()), (
                f"{name} is not right after {n} steps"
            )


@points("3/20")
@hint("The iteration itself belongs under no_grad; sigma = u^T W v does not.")
def test_gradient_of_sigma(grade):
    """The gradient of sigma is u v^T: none flows through the vectors."""
    for shape, n in (((4, 3), 1), ((3, 4), 3)):
        W, u0 = normal(grade.rng, *shape), normal(grade.rng, shape[0])
        sigma = sequence(grade.submission(iterated, W, u0, n), 3, "the result of power_iteration")[0]
        true_sigma, u, v = after(W, u0, n)
        assert near_max(tensor(sigma, (), "sigma"), true_sigma), "sigma is not right"
        factor = 1 + normal(grade.rng, 1).square().item()
        for_u, for_v = normal(grade.rng, shape[0]), normal(grade.rng, shape[1])
        answer = grade.submission(gradient_of_all, W, u0, n, factor, for_u, for_v)
        found = tensor(answer, shape, "the gradient of sigma")
        assert near_max(found, factor * torch.outer(u, v)), "the gradient with respect to W is not right"


@points("1/5")
@hint("One step per pass in training mode, from the vector of the pass before, on the weight of now.")
def test_layer(grade):
    """In training mode every pass makes one step on the present weight, and uses its sigma."""
    out, into = 3, 4
    flat, a, _ = pair(grade.rng, out, into)
    weights = [flat, *(scale * normal(grade.rng, out, into) for scale in (1, 0.1, 2))]
    weights.append(weights[-1])
    bias = normal(grade.rng, out)
    xs = [normal(grade.rng, *shape, into) for shape in ((2,), (5,), (), (2, 3), (1,))]
    for graph in (True, False):
        answer = grade.submission(passes, weights, [True] * 5, bias, xs, grade.guest_seed(), graph)
        answer, u, where = sequence(answer, 5, "the outputs"), a, "" if graph else " under torch.no_grad()"
        for i, (both, W, x) in enumerate(zip(answer, weights, xs, strict=True)):
            output, weight = sequence(both, 2, "an output and the weight")
            sigma, u, _ = (torch.tensor(2.5).double(), a, None) if i == 0 else after(W, u, 1)
            found, what = tensor(output, (*x.shape[:-1], out), "the layer's output"), x @ W.T / sigma + bias
            assert near_max(found, what), f"the output of the layer in training mode is not right{where}"
            assert near_max(tensor(weight, (out, into), "weight"), W), "a forward pass changes the values of weight"


@points("3/20")
@hint("A buffer keeps u between passes, in state_dict, and out of the optimiser. eval() must not iterate.")
def test_layer_state(grade):
    """Evaluation leaves the vector alone and follows the weight; the vector is saved; it starts at random."""
    out, into = 4, 3
    names = grade.submission(parameter_names, into, out)
    assert names == ["bias", "weight"], "the parameters of the layer are not weight and bias alone"
    flat, a, b = pair(grade.rng, out, into)
    # Another matrix with the same pair of singular vectors, so that sigma is clear although W has changed.
    c, d = normal(grade.rng, out), normal(grade.rng, into)
    other = 1.7 * torch.outer(a, b) + torch.outer(c - (c @ a) * a, d - (d @ b) * b)
    bias, x, seed = normal(grade.rng, out), normal(grade.rng, 3, into), grade.guest_seed()
    W = normal(grade.rng, out, into)
    weights, modes = [flat, other, W, other, W], [True, False, False, False, True]
    answer = sequence(grade.submission(passes, weights, modes, bias, [x] * 5, seed), 5, "the outputs")
    found = [
        tensor(sequence(both, 2, "an output and the weight")[0], (3, out), "the layer's output") for both in answer
    ]
    for i in (1, 3):
        assert near_max(found[i], x @ other.T / 1.7 + bias), "the output in evaluation mode is not right"
    sigma = after(W, a, 1)[0]
    assert near_max(found[4], x @ W.T / sigma + bias), "passes in evaluation mode change the vector"
    # The vector that a pass on `flat` leaves, and a matrix with other singular vectors: u^T W v, and no norm of W v.
    answer = grade.submission(passes, [flat, W, W], [True, False, False], bias, [x] * 3, seed)
    for both in sequence(answer, 3, "the outputs")[1:]:
        output = tensor(sequence(both, 2, "an output and the weight")[0], (3, out), "the layer's output")
        # v along W^T u, or, as torch has it, the one that the pass has left.
        allowed = (W.T @ a).square().sum().sqrt(), a @ W @ b
        right = any(near_max(output, x @ W.T / sigma + bias) for sigma in allowed)
        assert right, "sigma in evaluation mode is not u^T W v"
    answer = grade.submission(loaded, flat, other, bias, x, [seed, seed + 1])
    output = tensor(answer, (3, out), "the output of a layer whose state was loaded")
    assert near_max(output, x @ other.T / 1.7 + bias), "the vector does not travel with state_dict"
    seeds = [grade.guest_seed() for _ in range(4)]
    answer = sequence(grade.submission(first_passes, W, bias, x, seeds), 4, "the first outputs")
    firsts = [tensor(output, (3, out), "the first output") for output in answer]
    assert any((first - firsts[0]).abs().max() > 1e-6 for first in firsts[1:]), "the first vector is not random"
    scale = torch.linalg.matrix_norm(W, 2)
    for first in firsts:
        ratio = ((first - bias) * (x @ W.T)).sum() / (x @ W.T).square().sum()  # 1 / sigma
        assert near_max(first, ratio * (x @ W.T) + bias), "the first output is not that of weight / sigma"
        assert ratio * scale > 1 - 1e-6, "the first sigma is larger than any singular value"


@points("3/20")
@hint("sigma depends on the weight, u and v do not: the product rule has two terms.")
def test_layer_gradient(grade):
    """The layer's gradients: through the matrix and through sigma, not through the vectors."""
    out, into = 3, 5
    flat, a, b = pair(grade.rng, out, into)
    W, bias, x = normal(grade.rng, out, into), normal(grade.rng, out), normal(grade.rng, 4, into)
    seed = grade.guest_seed()
    outputs = grade.submission(passes, [flat, W], [True, True], bias, [x, x], seed)
    sigma, u, v = after(W, a, 1)
    output = sequence(sequence(outputs, 2, "the outputs")[1], 2, "an output and the weight")[0]
    assert near_max(tensor(output, (4, out), "the output"), x @ W.T / sigma + bias), (
        "the output of the layer is not right"
    )
    cotangent = normal(grade.rng, 4, out)

    def expected(u: Tensor, v: Tensor) -> list[Tensor]:
        leaf, point = W.clone().requires_grad_(), x.clone().requires_grad_()
        truth = (point @ leaf.T / (u @ leaf @ v) * cotangent).sum()
        for_weight, for_x = torch.autograd.grad(truth, [leaf, point])
        return [for_weight, cotangent.sum(0), for_x]

    other = normal(grade.rng, 2, into)
    answer = grade.submission(gradient_of_the_first, flat, bias, x, other, cotangent, seed)
    leaf = flat.clone().requires_grad_()
    (truth,) = torch.autograd.grad((x @ leaf.T / (a @ leaf @ b) * cotangent).sum(), leaf)
    found = tensor(answer, (out, into), "the gradient for weight")
    assert near_max(found, truth), "the gradient for weight is not right after another pass"

    # In evaluation v along W^T u, or, as torch has it, the one that the pass has left.
    allowed = {True: [expected(u, v)], False: [expected(a, unit(W.T @ a)), expected(a, b)]}
    for training, truths in allowed.items():
        answer = grade.submission(layer_gradients, flat, W, bias, x, cotangent, seed, training)
        found = [
            tensor(gradient, tuple(truth.shape), f"the gradient for {name}")
            for gradient, truth, name in zip(
                sequence(answer, 3, "the gradients"), truths[0], ("weight", "bias", "x"), strict=True
            )
        ]
        for i, name in enumerate(("weight", "bias", "x")):
            mode = "training" if training else "evaluation"
            right = any(near_max(found[i], truth[i]) for truth in truths)
            assert right, f"the gradient for {name} is not right in {mode} mode"


@points("3/20")
@hint("The transpose of a convolution is conv_transpose2d with the same kernel and padding.")
def test_conv_norm(grade):
    """conv_norm follows the operator of the convolution, zeros at the border included, to its largest stretch."""
    for shape, size, n in (((2, 3, 3, 3), (4, 5), 1), ((3, 1, 5, 5), (6, 4), 2), ((1, 2, 1, 1), (2, 3), 3)):
        kernel, x = normal(grade.rng, *shape), normal(grade.rng, shape[1], *size)
        A = dense(kernel, size)
        image = torch.linalg.matrix_power(A.T @ A, n) @ x.flatten()
        truth = (A @ image).square().sum().sqrt() / image.square().sum().sqrt()
        found = tensor(grade.submission(conv_norms, kernel, x, n), (), "the result of conv_norm")
        assert near_max(found, truth), f"conv_norm is not right after {n} steps"
    kernel, x = 1e-4 * normal(grade.rng, 2, 1, 3, 3), normal(grade.rng, 1, 4, 4)
    A = dense(kernel, (4, 4))
    image = A.T @ (A @ x.flatten())
    truth = (A @ image).square().sum().sqrt() / image.square().sum().sqrt()
    found = tensor(grade.submission(conv_norms, kernel, x, 1), (), "the result of conv_norm")
    assert near_max(found / truth, torch.ones(())), "conv_norm is not right for a small kernel"
    kernel, x = normal(grade.rng, 2, 2, 3, 3).abs() + 0.2, normal(grade.rng, 2, 5, 4).abs()
    found = tensor(grade.submission(conv_norms, kernel, x, 100), (), "the result of conv_norm")
    truth = torch.linalg.matrix_norm(dense(kernel, (5, 4)), 2)
    assert near_max(found, truth), "after many steps conv_norm is not the norm of the operator"


def dense(kernel: Tensor, size: tuple[int, int]) -> Tensor:
    """The convolution as a matrix, one column per basis image."""
    channels, k = kernel.shape[1], kernel.shape[-1]
    basis = torch.eye(channels * size[0] * size[1], dtype=torch.float64).view(-1, channels, *size)
    return F.conv2d(F.pad(basis, [k // 2] * 4), kernel).flatten(1).T
