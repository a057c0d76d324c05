"""Homework 4: the operations that a peer library, or one of its layers, does as well."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from solutions.bench.harness import Call, Operation, Work, collector
from solutions.bench.sides import gradients, without_graph
from solutions.hw4.flow_posterior import planar
from solutions.hw4.gan import gan_losses
from solutions.hw4.generator_gradient import generator_gradient
from solutions.hw4.mode_collapse import js
from solutions.hw4.surgery import aggregate_log_prob
from solutions.hw4.theory import line_duality
from solutions.hw4.transport import wasserstein_1d
from solutions.hw4.two_sample import two_sample_test

OPERATIONS: list[Operation] = []
WITHOUT_PEER = {
    "hw4/flow_prior": "the flow is an argument; what is left is the density of a standard normal",
    "hw4/avb": "no library at hand has its losses",
    "hw4/wgan": "a step is the time of the two networks that it is given",
    "hw4/t1_formula": "three numbers from a closed form",
    "hw4/t2_formula": "a line of torch for each of the two games",
    "hw4/t3_formula": "a difference of sums over symbols",
    "hw4/t4_formula": "a quadrature of one integral",
}
operation = collector(OPERATIONS)


@operation("hw4/surgery", "aggregate_log_prob", "500 points, 1000 posteriors in 8 dimensions")
def _(dtype: torch.dtype) -> Work:
    z, mean, log_std = torch.randn(500, 8, dtype=dtype), torch.randn(1000, 8, dtype=dtype), torch.rand(1000, 8) - 1
    log_std = log_std.to(dtype)

    def distributions() -> Call:
        from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

        parts = Independent(Normal(mean, log_std.exp(), validate_args=False), 1, validate_args=False)
        weights = Categorical(torch.ones(1000, dtype=dtype), validate_args=False)
        mixture = MixtureSameFamily(weights, parts, validate_args=False)
        return without_graph(lambda: mixture.log_prob(z))

    return Work(without_graph(lambda: aggregate_log_prob(z, mean, log_std)), {"torch.distributions": distributions})


@operation("hw4/flow_posterior", "planar, value and gradient", "1024 x 16", tolerance=1e-9)
def _(dtype: torch.dtype) -> Work:
    z, u, w, b = (torch.randn(*shape, dtype=dtype, requires_grad=True) for shape in ((1024, 16), (16,), (16,), (1,)))

    def value(image: Tensor, log_det: Tensor) -> Tensor:
        return image.square().mean() + log_det.mean()

    def normflows() -> Call:
        from normflows.flows import Planar

        layer = Planar((16,), act="tanh", u=u.detach()[None], w=w.detach()[None], b=b.detach()).to(dtype)
        parameters = [z, layer.u, layer.w, layer.b]

        def call() -> tuple[Tensor, ...]:
            result, *found = gradients(lambda: value(*layer(z)), parameters)()
            return result, *(gradient.reshape(p.shape) for gradient, p in zip(found, (z, u, w, b), strict=True))

        return call

    return Work(gradients(lambda: value(*planar(z, u, w, b[0])), [z, u, w, b]), {"normflows": normflows})


@operation("hw4/two_sample", "accuracy", "2000 points of one sample, 500 of the other", timed_in=torch.float64)
def _(dtype: torch.dtype) -> Work:
    logit, label = torch.randn(2500, dtype=dtype), torch.arange(2500) < 2000

    def sklearn() -> Call:
        from sklearn.metrics import roc_curve

        scores, labels = logit.numpy(), label.numpy()

        def best() -> float:
            false, true, _ = roc_curve(labels, scores, drop_intermediate=False)
            return ((true + 1 - false) / 2).max()

        return best

    return Work(lambda: two_sample_test(logit, label.long())[1], {"scikit-learn roc_curve": sklearn})


@operation("hw4/gan", "gan_losses, value and gradient", "4096 logits each")
def _(dtype: torch.dtype) -> Work:
    real, fake = (torch.randn(4096, dtype=dtype, requires_grad=True) for _ in range(2))

    def entropy() -> Call:
        one, zero = torch.ones(4096, dtype=dtype), torch.zeros(4096, dtype=dtype)
        bce = F.binary_cross_entropy_with_logits
        return gradients(lambda: bce(real, one) + bce(fake, zero) + bce(fake, one), [real, fake])

    return Work(
        gradients(lambda: sum(gan_losses(real, fake, "non-saturating")), [real, fake]),
        {"torch binary_cross_entropy": entropy},
    )


@operation("hw4/generator_gradient", "generator_gradient", "1000 symbols", timed_in=torch.float64)
def _(dtype: torch.dtype) -> Work:
    logits, p = torch.randn(1000, dtype=dtype), torch.randn(1000, dtype=dtype).softmax(0)

    def autograd() -> Call:
        def call() -> Tensor:
            leaf = logits.clone().requires_grad_()
            g = leaf.softmax(0)
            cost = -torch.log(p / (p + g.detach()))
            return torch.autograd.grad((g * cost).sum(), leaf)[0]

        return call

    return Work(lambda: generator_gradient(logits, p, "non-saturating"), {"torch autograd": autograd})


@operation("hw4/mode_collapse", "js", "200 pairs, 500 symbols", timed_in=torch.float64)
def _(dtype: torch.dtype) -> Work:
    p, q = (torch.randn(200, 500, dtype=dtype).softmax(1) for _ in range(2))

    def scipy() -> Call:
        from scipy.spatial.distance import jensenshannon

        a, b = p.numpy(), q.numpy()
        return lambda: jensenshannon(a, b, axis=1) ** 2

    return Work(lambda: js(p, q), {"scipy": scipy})


@operation("hw4/transport", "wasserstein_1d", "20,000 and 15,000 points", timed_in=torch.float64)
def _(dtype: torch.dtype) -> Work:
    x, y = torch.randn(20_000, dtype=dtype), torch.randn(15_000, dtype=dtype) * 2

    def scipy() -> Call:
        from scipy.stats import wasserstein_distance

        a, b = x.numpy(), y.numpy()
        return lambda: wasserstein_distance(a, b)

    def pot() -> Call:
        import ot

        return lambda: ot.wasserstein_1d(x, y)

    return Work(without_graph(lambda: wasserstein_1d(x, y)), {"scipy": scipy, "POT": pot})


@operation("hw4/t5_formula", "line_duality", "2000 points", timed_in=torch.float64)
def _(dtype: torch.dtype) -> Work:
    p, q = (torch.randn(2000, dtype=dtype).softmax(0) for _ in range(2))
    x = torch.rand(2000, dtype=dtype).cumsum(0) / math.sqrt(2000)

    def scipy() -> Call:
        from scipy.stats import wasserstein_distance

        spots, a, b = x.numpy(), p.numpy(), q.numpy()
        return lambda: wasserstein_distance(spots, spots, a, b)

    return Work(lambda: line_duality(p, q, x)[0], {"scipy": scipy})
