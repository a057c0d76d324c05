"""Homework 3: the operations that a peer library, or one of its layers, does as well."""

import math
from collections.abc import Callable

import torch
from dgm import AutoregressiveMLP
from torch import Tensor, nn

from solutions.bench.harness import Call, Operation, Work, collector
from solutions.bench.sides import gradients, without_graph
from solutions.hw3.coupling import AffineCoupling
from solutions.hw3.dequantisation import to_logits
from solutions.hw3.flow_vae import linear_flow_log_prob
from solutions.hw3.glow_conv import InvertibleConv1x1
from solutions.hw3.iaf import IAF
from solutions.hw3.logistic_mixture import dlm_log_prob
from solutions.hw3.maf import MAF
from solutions.hw3.realnvp import RealNVP
from solutions.hw3.theory import planar_log_det

OPERATIONS: list[Operation] = []
WITHOUT_PEER = {
    "hw3/flow": "a sum of what layers return; it is timed with the layers of hw3/realnvp",
    "hw3/kl_fits": "a mean of what a flow returns",
    "hw3/variational_dequantisation": "no library at hand has a coupling on the unit cube that sees the pixels",
    "hw3/t2_formula": "a triangular system of D numbers",
    "hw3/t3_formula": "a closed form with two matrices",
    "hw3/t4_formula": "three sums over steps",
}
operation = collector(OPERATIONS)


def _moved(module: nn.Module, dtype: torch.dtype) -> nn.Module:
    """The module in that precision, away from the identity that a fresh flow is."""
    module = module.to(dtype)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return module


# ---------------------------------------------------------------- couplings


def _nflows_coupling(layer: AffineCoupling, mask: Tensor) -> nn.Module:
    """nflows' affine coupling with our network, and with our scale in place of its sigmoid."""
    from nflows.transforms.coupling import AffineCouplingTransform

    class Ours(AffineCouplingTransform):
        def _scale_and_shift(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
            raw, shift = parameters.chunk(2, 1)
            return (2 * torch.tanh(raw / 2)).exp(), shift

    class Net(nn.Module):
        def __init__(self, inputs: int, outputs: int) -> None:
            super().__init__()
            self.net = layer.net

        def forward(self, x: Tensor, context: None = None) -> Tensor:
            return self.net(x)

    return Ours(mask=(~mask).to(torch.int), transform_net_create_fn=Net)


def _masks(K: int, D: int) -> Tensor:
    even = torch.arange(D) % 2 == 0
    return torch.stack([even ^ bool(k % 2) for k in range(K)])


@operation("hw3/coupling", "forward", "1024 x 64, two hidden layers of 128")
def _(dtype: torch.dtype) -> Work:
    mask = _masks(1, 64)[0]
    net = nn.Sequential(nn.Linear(32, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 64))
    layer, x = _moved(AffineCoupling(mask, net), dtype), torch.randn(1024, 64, dtype=dtype)

    def nflows() -> Call:
        peer = _nflows_coupling(layer, mask)
        return without_graph(lambda: peer(x))

    return Work(without_graph(lambda: layer(x)), {"nflows": nflows})


@operation("hw3/realnvp", "log_prob, value and gradient", "1024 x 64, 6 couplings, two hidden layers of 128")
def _(dtype: torch.dtype) -> Work:
    masks = _masks(6, 64)
    flow, x = _moved(RealNVP(masks, 128), dtype), torch.randn(1024, 64, dtype=dtype)
    parameters = list(flow.parameters())

    def nflows() -> Call:
        from nflows.distributions.normal import StandardNormal
        from nflows.flows.base import Flow
        from nflows.transforms.base import CompositeTransform

        layers = [_nflows_coupling(layer, mask) for layer, mask in zip(flow.layers, masks, strict=True)]
        peer = Flow(CompositeTransform(layers), StandardNormal([64])).to(dtype)
        return gradients(lambda: -peer.log_prob(x).mean(), parameters)

    return Work(gradients(lambda: -flow.log_prob(x).mean(), parameters), {"nflows": nflows})


@operation("hw3/realnvp", "inverse", "1024 x 64, 6 couplings, two hidden layers of 128")
def _(dtype: torch.dtype) -> Work:
    masks = _masks(6, 64)
    flow, z = _moved(RealNVP(masks, 128), dtype), torch.randn(1024, 64, dtype=dtype)

    def nflows() -> Call:
        from nflows.transforms.base import CompositeTransform

        peer = CompositeTransform([_nflows_coupling(layer, m) for layer, m in zip(flow.layers, masks, strict=True)])
        return without_graph(lambda: peer.inverse(z))

    return Work(without_graph(lambda: flow.inverse(z)), {"nflows": nflows})


# ---------------------------------------------------------------- autoregressive flows


def _network(dtype: torch.dtype) -> tuple[nn.Module, Tensor]:
    order = torch.randperm(16)
    return _moved(AutoregressiveMLP(order, 8, 2), dtype), order


def _zuko(net: nn.Module, scale_of: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]], passes: int) -> object:
    """zuko's autoregressive transform x -> shift + scale x, with both made of our network's outputs."""
    from torch.distributions import AffineTransform
    from zuko.transforms import AutoregressiveTransform, DependentTransform

    def at(x: Tensor) -> DependentTransform:
        return DependentTransform(AffineTransform(*scale_of(*net(x).unbind(-1))), 1)

    return AutoregressiveTransform(at, passes)


def _density(mean: Tensor, log_std: Tensor) -> tuple[Tensor, Tensor]:
    return -mean * (-log_std).exp(), (-log_std).exp()


def _noise(mean: Tensor, log_std: Tensor) -> tuple[Tensor, Tensor]:
    return mean, log_std.exp()


@operation("hw3/maf", "forward", "1024 x 16, two hidden layers of 128")
def _(dtype: torch.dtype) -> Work:
    net, order = _network(dtype)
    x = torch.randn(1024, 16, dtype=dtype)

    def zuko() -> Call:
        peer = _zuko(net, _density, 16)
        return without_graph(lambda: peer.call_and_ladj(x))

    return Work(without_graph(lambda: MAF(net, order)(x)), {"zuko": zuko})


@operation("hw3/maf", "inverse", "1024 x 16, 16 passes")
def _(dtype: torch.dtype) -> Work:
    net, order = _network(dtype)
    z = torch.randn(1024, 16, dtype=dtype)

    def zuko() -> Call:
        peer = _zuko(net, _density, 16)
        return without_graph(lambda: peer.inv(z))

    return Work(without_graph(lambda: MAF(net, order).inverse(z)[0]), {"zuko": zuko})


@operation("hw3/iaf", "inverse", "1024 x 16, two hidden layers of 128")
def _(dtype: torch.dtype) -> Work:
    net, order = _network(dtype)
    z = torch.randn(1024, 16, dtype=dtype)

    def zuko() -> Call:
        peer = _zuko(net, _noise, 16)
        return without_graph(lambda: peer.call_and_ladj(z))

    return Work(without_graph(lambda: IAF(net, order).inverse(z)), {"zuko": zuko})


# ---------------------------------------------------------------- closed forms


@operation("hw3/t1_formula", "planar_log_det", "4096 x 16")
def _(dtype: torch.dtype) -> Work:
    z, u, w = torch.randn(4096, 16, dtype=dtype), torch.randn(16, dtype=dtype), torch.randn(16, dtype=dtype)
    u = u + (0.5 - u @ w) * w / (w @ w)  # w . u = 1/2: invertible, so that the peer leaves u as it is

    def normflows() -> Call:
        from normflows.flows import Planar

        # It replaces u by one with w . u' = log(1 + exp(w . u)) - 1; this is the u that it makes ours of.
        raw = u + (math.log(math.expm1(1.5)) - 0.5) * w / (w @ w)
        layer = Planar((16,), act="tanh", u=raw[None], w=w[None], b=torch.tensor([0.3], dtype=dtype)).to(dtype)
        return without_graph(lambda: layer(z)[1])

    return Work(without_graph(lambda: planar_log_det(z, u, w, 0.3)), {"normflows": normflows})


@operation("hw3/glow_conv", "forward", "32 x 16 x 14 x 14")
def _(dtype: torch.dtype) -> Work:
    layer, x = _moved(InvertibleConv1x1(16), dtype), torch.randn(32, 16, 14, 14, dtype=dtype)

    def normflows() -> Call:
        from normflows.flows import Invertible1x1Conv

        peer = Invertible1x1Conv(16, use_lu=True).to(dtype)
        with torch.no_grad():
            P, L, U, s = layer.factors()
            for theirs, ours in zip((peer.P, peer.L, peer.U, peer.log_S), (P, L, U, s.abs().log()), strict=True):
                theirs.copy_(ours)
            peer.sign_S.copy_(s.sign())

        def call() -> tuple[Tensor, Tensor]:
            z, log_det = peer.inverse(x)
            return z, log_det.expand(len(x))

        return without_graph(call)

    return Work(without_graph(lambda: layer(x)), {"normflows": normflows})


@operation("hw3/flow_vae", "linear_flow_log_prob", "4096 x 32", tolerance=1e-9)
def _(dtype: torch.dtype) -> Work:
    W, b = torch.randn(32, 32, dtype=dtype) / 6 + torch.eye(32, dtype=dtype), torch.randn(32, dtype=dtype)
    x = torch.randn(4096, 32, dtype=dtype)

    def distributions() -> Call:
        from torch.distributions import MultivariateNormal

        def call() -> Tensor:
            return MultivariateNormal(b, W @ W.T, validate_args=False).log_prob(x)

        return without_graph(call)

    return Work(without_graph(lambda: linear_flow_log_prob(W, b, x)), {"torch.distributions": distributions})


@operation("hw3/dequantisation", "to_logits", "256 x 784")
def _(dtype: torch.dtype) -> Work:
    x, u = torch.randint(256, (256, 784)).to(dtype), torch.rand(256, 784, dtype=dtype)

    def distributions() -> Call:
        from torch.distributions.transforms import AffineTransform, ComposeTransform, SigmoidTransform

        steps = ComposeTransform([AffineTransform(0.05, 0.9 / 256), SigmoidTransform().inv])

        def call() -> tuple[Tensor, Tensor]:
            y = steps(x + u)
            return y, steps.log_abs_det_jacobian(x + u, y).sum(1)

        return without_graph(call)

    return Work(without_graph(lambda: to_logits(x, u, 256)), {"torch.distributions": distributions})


@operation("hw3/logistic_mixture", "dlm_log_prob", "32 x 28 x 28, 10 logistics", timed_in=torch.float64, tolerance=1e-9)
def _(dtype: torch.dtype) -> Work:
    x = torch.randint(1, 255, (32, 28, 28))  # inner levels: the peer's cells all have two ends
    logits, mean, log_scale = (torch.randn(32, 28, 28, 10, dtype=dtype) for _ in range(3))
    mean, log_scale = x[..., None] + 8 * mean, 2 + 0.3 * log_scale

    def scipy() -> Call:
        import numpy as np
        from scipy.special import log_expit, log_softmax, logsumexp

        levels, raw = x[..., None].numpy(), logits.numpy()
        centre, log_width = mean.numpy(), log_scale.numpy()

        def call() -> object:
            scale = np.exp(log_width)
            above, below = (levels + 0.5 - centre) / scale, (levels - 0.5 - centre) / scale
            log_mass = log_expit(above) + log_expit(-below) + np.log(-np.expm1(-1 / scale))
            return logsumexp(log_softmax(raw, -1) + log_mass, -1)

        return call

    return Work(without_graph(lambda: dlm_log_prob(x, logits, mean, log_scale, 256)), {"scipy": scipy})
