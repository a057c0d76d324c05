"""Homework 1: the operations that a peer library, or one of its layers, does as well."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.bench.harness import Call, Operation, Work, collector
from solutions.bench.sides import copy_masks, copy_parameters, gradients, pyro_library, without_graph
from solutions.hw1.beta_bernoulli import log_evidence, map_estimate, predictive
from solutions.hw1.causal_conv import CausalConv1d
from solutions.hw1.elbo import elbo, elbo_gap
from solutions.hw1.f_divergence import alpha_divergence, f_divergence
from solutions.hw1.gaussian_fits import fit_gaussian, kl_grid
from solutions.hw1.made import MADE
from solutions.hw1.masked_conv import MaskedConv2d
from solutions.hw1.maximum_likelihood import fit_mle, nll
from solutions.hw1.monte_carlo import histogram_density, mc_expectation
from solutions.hw1.naive_monte_carlo import naive_log_px
from solutions.hw1.pixelcnn import PixelCNN
from solutions.hw1.wavenet import WaveNet

OPERATIONS: list[Operation] = []
WITHOUT_PEER = {
    "hw1/receptive_field_map": "no library tells through which weights a pixel sees another",
    "hw1/completion": "no library completes images pixel by pixel with given uniform numbers",
    "hw1/t1_formula": "a number from a closed form",
    "hw1/t2_formula": "two numbers from a closed form",
    "hw1/t3_formula": "no library counts the paths of a MADE",
    "hw1/t4_formula": "a number from a closed form",
}
operation = collector(OPERATIONS)


@operation("hw1/maximum_likelihood", "nll, value and gradient", "K = 1000")
def _(dtype: torch.dtype) -> Work:
    logits = torch.randn(1000, dtype=dtype, requires_grad=True)
    counts = torch.randint(0, 50, (1000,)).to(dtype)

    def torch_loss() -> Call:
        return gradients(lambda: F.cross_entropy(logits[None], counts[None]) / counts.sum(), [logits])

    return Work(gradients(lambda: nll(logits, counts), [logits]), {"torch cross_entropy": torch_loss})


@operation("hw1/maximum_likelihood", "fit_mle", "K = 20, 500 steps")
def _(dtype: torch.dtype) -> Work:
    counts = torch.randint(5, 50, (20,)).to(dtype)

    def sgd() -> Call:
        def fit() -> Tensor:
            logits = torch.zeros_like(counts, requires_grad=True)
            optimiser = torch.optim.SGD([logits], lr=1.0)
            target, total = counts[None], counts.sum()
            for _ in range(500):
                optimiser.zero_grad()
                (F.cross_entropy(logits[None], target) / total).backward()
                optimiser.step()
            return logits.detach()

        return fit

    return Work(lambda: fit_mle(counts), {"torch.optim.SGD": sgd})


def _two_bumps(grid: Tensor) -> Tensor:
    """The log density (N,) of an even mixture of two Gaussians on the grid (N,)."""
    bumps = [-0.5 * ((grid - m) / 0.7) ** 2 - math.log(0.7 * math.sqrt(2 * math.pi)) for m in (-1.5, 2.0)]
    return torch.logaddexp(*bumps) - math.log(2)


@operation("hw1/gaussian_fits", "kl_grid", "4001 points, at some of them both densities are 0")
def _(dtype: torch.dtype) -> Work:
    grid = torch.linspace(-8, 8, 4001, dtype=dtype)
    log_p, log_q, dx = _two_bumps(grid), _two_bumps(0.9 * grid) + math.log(0.9), 16 / 4000
    log_p[:50] = log_q[:40] = -math.inf  # what torch's own kl_div answers with NaN

    def scipy_special() -> Call:
        import numpy as np
        from scipy.special import rel_entr

        a, b = log_p.numpy(), log_q.numpy()
        return lambda: rel_entr(np.exp(a), np.exp(b)).sum() * dx

    return Work(lambda: kl_grid(log_p, log_q, dx), {"scipy": scipy_special})


@operation("hw1/gaussian_fits", "fit_gaussian, reverse", "400 points, 200 steps")
def _(dtype: torch.dtype) -> Work:
    grid = torch.linspace(-8, 8, 400, dtype=dtype)
    log_p = _two_bumps(grid)

    def distributions() -> Call:
        dx = (grid[1] - grid[0]).item()

        def fit() -> tuple[Tensor, Tensor]:
            mean, log_std = (torch.tensor(v, dtype=dtype, requires_grad=True) for v in (0.5, 0.0))
            optimiser = torch.optim.SGD([mean, log_std], lr=0.05)
            for _ in range(200):
                log_q = torch.distributions.Normal(mean, log_std.exp(), validate_args=False).log_prob(grid)
                optimiser.zero_grad()
                (F.kl_div(log_p, log_q, log_target=True, reduction="sum") * dx).backward()
                optimiser.step()
            return mean.detach(), log_std.exp().detach()

        return fit

    return Work(
        lambda: fit_gaussian(log_p, grid, "reverse", 0.5, 0.0, steps=200), {"torch.distributions": distributions}
    )


@operation("hw1/f_divergence", "f_divergence, u log u", "K = 10,000")
def _(dtype: torch.dtype) -> Work:
    p, q = (torch.rand(10_000, dtype=dtype).add(0.1) for _ in range(2))
    p, q = p / p.sum(), q / q.sum()

    def scipy_entropy() -> Call:
        from scipy.stats import entropy

        a, b = p.numpy(), q.numpy()
        return lambda: entropy(a, b)

    def distributions() -> Call:
        from torch.distributions import Categorical, kl_divergence

        return lambda: kl_divergence(Categorical(p, validate_args=False), Categorical(q, validate_args=False))

    return Work(
        lambda: f_divergence(p, q, lambda u: u * u.log()),
        {"torch.distributions": distributions, "scipy": scipy_entropy},
    )


@operation("hw1/f_divergence", "alpha_divergence, alpha = 0.3", "K = 10,000")
def _(dtype: torch.dtype) -> Work:
    p, q = (torch.rand(10_000, dtype=dtype).add(0.1) for _ in range(2))
    p, q = p / p.sum(), q / q.sum()

    def power_divergence() -> Call:
        # Cressie and Read (1984): twice the alpha divergence when their lambda is (alpha - 1) / 2.
        from scipy.stats import power_divergence

        a, b = p.double().numpy(), q.double().numpy()  # in float32 the two sums differ by more than it accepts
        a, b = a / a.sum(), b / b.sum()
        return lambda: power_divergence(a, b, lambda_=(0.3 - 1) / 2).statistic / 2

    return Work(lambda: alpha_divergence(p, q, 0.3), {"scipy": power_divergence})


@operation("hw1/monte_carlo", "mc_expectation", "100,000 given values")
def _(dtype: torch.dtype) -> Work:
    samples, generator = torch.randn(100_000, dtype=dtype), torch.Generator()

    def scipy_sem() -> Call:
        from scipy.stats import sem

        a = samples.numpy()
        return lambda: (a.mean(), sem(a))

    return Work(
        lambda: mc_expectation(lambda x: x, lambda n, generator: samples, len(samples), generator),
        {"scipy": scipy_sem},
    )


@operation("hw1/monte_carlo", "histogram_density", "100,000 points, 64 uneven bins")
def _(dtype: torch.dtype) -> Work:
    x, edges = torch.randn(100_000, dtype=dtype), torch.rand(65, dtype=dtype).sort().values * 5 - 2.5

    def numpy_histogram() -> Call:
        import numpy as np

        a, b = x.numpy(), edges.numpy()
        return lambda: np.histogram(a, b, density=True)[0]

    return Work(
        lambda: histogram_density(x, edges),
        {"torch.histogram": lambda: lambda: torch.histogram(x, edges, density=True).hist, "numpy": numpy_histogram},
    )


def _nflows_made() -> nn.Module:
    from nflows.transforms import made

    return made.MADE(784, 800, num_blocks=1, output_multiplier=1, use_residual_blocks=False)


def _zuko_made() -> nn.Module:
    from zuko.nn import MaskedMLP

    return MaskedMLP(torch.ones(784, 784, dtype=torch.bool).tril(-1), [800, 800])


def _pyro_made() -> nn.Module:
    pyro_library()
    from pyro.nn import AutoRegressiveNN

    return AutoRegressiveNN(784, [800, 800], param_dims=[1], permutation=torch.arange(784))


def _made(dtype: torch.dtype, side: Callable[[nn.Module, Tensor], Call]) -> Work:
    """A MADE 784-800-800-784 beside three others, all with the same weights and masks."""
    model = MADE(784, [800, 800], 1, torch.arange(784), torch.Generator().manual_seed(0)).to(dtype)
    x = torch.randint(0, 2, (256, 784)).to(dtype)

    def peer(make: Callable[[], nn.Module]) -> Callable[[], Call]:
        return lambda: side(copy_masks(model, copy_parameters(model, make().to(dtype))), x)

    makers = {"nflows": _nflows_made, "zuko": _zuko_made, "pyro": _pyro_made}
    return Work(side(model, x), {name: peer(make) for name, make in makers.items()})


@operation("hw1/made", "logits", "784-800-800-784, batch 256")
def _(dtype: torch.dtype) -> Work:
    return _made(dtype, lambda model, x: without_graph(lambda: model(x)))


@operation("hw1/made", "loss, value and gradient", "784-800-800-784, batch 256")
def _(dtype: torch.dtype) -> Work:
    def side(model: nn.Module, x: Tensor) -> Call:
        return gradients(lambda: F.binary_cross_entropy_with_logits(model(x).view_as(x), x), list(model.parameters()))

    return _made(dtype, side)


def _tcn_layer(ours: CausalConv1d, dtype: torch.dtype) -> nn.Module:
    """pytorch-tcn's causal convolution with the weights of ours."""
    from pytorch_tcn.conv import TemporalConv1d

    conv = ours.conv
    peer = TemporalConv1d(conv.in_channels, conv.out_channels, conv.kernel_size[0], dilation=conv.dilation[0])
    return copy_parameters(ours, peer.to(dtype))


@operation("hw1/causal_conv", "forward", "16 x 32 x 512 to 64 channels, k = 2, dilation 8")
def _(dtype: torch.dtype) -> Work:
    layer, x = CausalConv1d(32, 64, 2, dilation=8).to(dtype), torch.randn(16, 32, 512, dtype=dtype)

    def tcn() -> Call:
        peer = _tcn_layer(layer, dtype)
        return without_graph(lambda: peer(x))

    return Work(without_graph(lambda: layer(x)), {"pytorch-tcn": tcn})


@operation("hw1/causal_conv", "forward and backward", "16 x 32 x 512 to 64 channels, k = 2, dilation 8")
def _(dtype: torch.dtype) -> Work:
    layer, x = CausalConv1d(32, 64, 2, dilation=8).to(dtype), torch.randn(16, 32, 512, dtype=dtype, requires_grad=True)

    def side(module: nn.Module) -> Call:
        return gradients(lambda: module(x).square().mean(), [x, *module.parameters()])

    return Work(side(layer), {"pytorch-tcn": lambda: side(_tcn_layer(layer, dtype))})


class _TcnWaveNet(nn.Module):
    """A WaveNet from pytorch-tcn's causal convolutions and torch's 1 x 1 convolutions, with the weights of ours."""

    def __init__(self, ours: WaveNet) -> None:
        super().__init__()
        self.n_classes = ours.n_classes
        self.first = _tcn_layer(ours.shift, torch.float32)
        self.blocks = nn.ModuleList(
            nn.ModuleList([_tcn_layer(block.filter_and_gate, torch.float32), block.residual, block.skip])
            for block in ours.blocks
        )
        self.head = ours.head

    def forward(self, x: Tensor) -> Tensor:
        one_hot = F.one_hot(x, self.n_classes).transpose(1, 2).float()
        h = self.first(F.pad(one_hot, (1, 0))[..., :-1])
        total = 0
        for conv, residual, skip in self.blocks:
            filter, gate = conv(h).chunk(2, dim=1)
            z = torch.tanh(filter) * torch.sigmoid(gate)
            h, total = h + residual(z), total + skip(z)
        return self.head(total)


def _wavenet(side: Callable[[nn.Module, Tensor], Call]) -> Work:
    model = WaveNet(16, residual_channels=32, skip_channels=64, kernel_size=2, dilations=[1, 2, 4, 8, 16, 32, 64])
    x = torch.randint(0, 16, (8, 256))
    return Work(side(model, x), {"pytorch-tcn": lambda: side(_TcnWaveNet(model), x)})


WAVENET = "8 x 256 of 16 symbols, 32 and 64 channels, dilations 1..64"
SINGLE = {"checked_in": torch.float32, "tolerance": 1e-5}  # a WaveNet takes float32 only


@operation("hw1/wavenet", "logits", WAVENET, **SINGLE)
def _(dtype: torch.dtype) -> Work:
    return _wavenet(lambda model, x: without_graph(lambda: model(x)))


@operation("hw1/wavenet", "loss, value and gradient", WAVENET, **SINGLE)
def _(dtype: torch.dtype) -> Work:
    def side(model: nn.Module, x: Tensor) -> Call:
        return gradients(lambda: F.cross_entropy(model(x), x), list(model.parameters()))

    return _wavenet(side)


def _pythae_layer(ours: MaskedConv2d, kind: str) -> nn.Module:
    """pythae's masked convolution with the weights of ours."""
    from pythae.models.normalizing_flows.pixelcnn.utils import MaskedConv2d as Peer

    conv = ours.conv
    peer = Peer(kind, conv.in_channels, conv.out_channels, conv.kernel_size[0], padding=conv.padding[0])
    return copy_parameters(ours, peer.to(conv.weight.dtype))


def _masked_conv(dtype: torch.dtype, side: Callable[[nn.Module, Tensor], Call]) -> Work:
    layer = MaskedConv2d("A", 16, 16, 5).to(dtype)
    x = torch.randn(16, 16, 28, 28, dtype=dtype, requires_grad=True)
    return Work(side(layer, x), {"pythae": lambda: side(_pythae_layer(layer, "A"), x)})


MASKED_CONV = "5 x 5, kind A, 16 x 16 x 28 x 28 to 16 channels"


@operation("hw1/masked_conv", "forward", MASKED_CONV)
def _(dtype: torch.dtype) -> Work:
    return _masked_conv(dtype, lambda layer, x: without_graph(lambda: layer(x)))


@operation("hw1/masked_conv", "forward and backward", MASKED_CONV)
def _(dtype: torch.dtype) -> Work:
    def side(layer: nn.Module, x: Tensor) -> Call:
        return gradients(lambda: layer(x).square().mean(), [x, *layer.parameters()])

    return _masked_conv(dtype, side)


def _pixelcnn(dtype: torch.dtype, side: Callable[[Callable[[Tensor], Tensor], list[Tensor], Tensor], Call]) -> Work:
    """The default PixelCNN beside a stack of pythae's masked convolutions."""
    model = PixelCNN().to(dtype)
    x = torch.randint(0, 2, (16, 1, 28, 28)).to(dtype)

    def stack() -> Call:
        net = nn.Sequential(
            *(
                _pythae_layer(layer, "B" if i else "A") if isinstance(layer, MaskedConv2d) else layer
                for i, layer in enumerate(model.net)
            )
        )
        return side(lambda x: net(2 * x - 1), list(net.parameters()), x)

    return Work(side(model.logits, list(model.parameters()), x), {"pythae": stack})


PIXELCNN = "16 x 28 x 28, 16 filters, 5 layers"


@operation("hw1/pixelcnn", "logits", PIXELCNN)
def _(dtype: torch.dtype) -> Work:
    return _pixelcnn(dtype, lambda logits, parameters, x: without_graph(lambda: logits(x)))


@operation("hw1/pixelcnn", "loss, value and gradient", PIXELCNN)
def _(dtype: torch.dtype) -> Work:
    def side(logits: Callable[[Tensor], Tensor], parameters: list[Tensor], x: Tensor) -> Call:
        return gradients(lambda: F.binary_cross_entropy_with_logits(logits(x), x), parameters)

    return _pixelcnn(dtype, side)


def _coins(dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """10,000 priors and data sets: a, b, k, n."""
    a, b = (torch.rand(10_000, dtype=dtype) * 4 + 1.5 for _ in range(2))
    n = torch.randint(1, 500, (10_000,)).to(dtype)
    return a, b, (torch.rand(10_000, dtype=dtype) * n).floor(), n


@operation("hw1/beta_bernoulli", "log_evidence", "10,000 coins", timed_in=torch.float64, tolerance=1e-9)
def _(dtype: torch.dtype) -> Work:
    a, b, k, n = _coins(dtype)

    def scipy_betaln() -> Call:
        from scipy.special import betaln

        a_, b_, k_, n_ = (value.numpy() for value in (a, b, k, n))
        return lambda: betaln(a_ + k_, b_ + n_ - k_) - betaln(a_, b_)

    def pyro_beta_binomial() -> Call:
        pyro = pyro_library()
        # pyro's is the probability of the count; all sequences with k ones share it equally.
        sequences = (n + 1).lgamma() - (k + 1).lgamma() - (n - k + 1).lgamma()
        return lambda: pyro.distributions.BetaBinomial(a, b, n).log_prob(k) - sequences

    return Work(lambda: log_evidence(a, b, k, n), {"scipy": scipy_betaln, "pyro": pyro_beta_binomial})


@operation("hw1/beta_bernoulli", "predictive and map_estimate", "10,000 coins", timed_in=torch.float64)
def _(dtype: torch.dtype) -> Work:
    a, b, k, n = _coins(dtype)

    def distributions() -> Call:
        def run() -> tuple[Tensor, Tensor]:
            posterior = torch.distributions.Beta(a + k, b + n - k, validate_args=False)
            return posterior.mean, posterior.mode

        return run

    # Where k is 0 or n the mode lies between 0 and 1 all the same: a and b are larger than 1.
    return Work(lambda: (predictive(a, b, k, n), map_estimate(a, b, k, n)), {"torch.distributions": distributions})


def _linear_decoder(d_z: int, d_x: int, dtype: torch.dtype) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    weight, std = torch.randn(d_z, d_x, dtype=dtype), torch.rand(d_x, dtype=dtype) + 0.5
    return lambda z: (z @ weight, std)


@operation("hw1/naive_monte_carlo", "naive_log_px", "500 draws, batch 32, dimensions 20 and 2")
def _(dtype: torch.dtype) -> Work:
    decoder = _linear_decoder(2, 20, dtype)
    x, z = torch.randn(32, 20, dtype=dtype), torch.randn(500, 32, 2, dtype=dtype)

    def mixture() -> Call:
        from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

        def run() -> Tensor:
            mean, std = decoder(z)
            likelihood = Independent(Normal(mean.transpose(0, 1), std, validate_args=False), 1, validate_args=False)
            draws = Categorical(logits=torch.zeros(32, 500, dtype=dtype), validate_args=False)
            return MixtureSameFamily(draws, likelihood, validate_args=False).log_prob(x)

        return run

    return Work(lambda: naive_log_px(x, decoder, z), {"torch.distributions": mixture})


@operation("hw1/elbo", "elbo", "20 draws, batch 64, dimensions 50 and 8; drawing the noise included")
def _(dtype: torch.dtype) -> Work:
    decoder = _linear_decoder(8, 50, dtype)
    x, q_mean = torch.randn(64, 50, dtype=dtype), torch.randn(64, 8, dtype=dtype)
    q_std = torch.rand(64, 8, dtype=dtype) + 0.5

    def ours() -> Tensor:
        return elbo(x, q_mean, q_std, decoder, torch.randn(20, 64, 8, dtype=dtype)).sum()

    def distributions() -> Call:
        from torch.distributions import Normal

        zero, one = torch.zeros(8, dtype=dtype), torch.ones(8, dtype=dtype)

        def run() -> Tensor:
            q = Normal(q_mean, q_std, validate_args=False)
            z = q.rsample((20,))
            log_w = Normal(*decoder(z), validate_args=False).log_prob(x).sum(-1)
            log_w = log_w + (Normal(zero, one, validate_args=False).log_prob(z) - q.log_prob(z)).sum(-1)
            return log_w.mean(0).sum()

        return run

    def trace_elbo() -> Call:
        pyro = pyro_library()
        from pyro.distributions import Normal

        def model() -> None:
            with pyro.plate("data", 64):
                z = pyro.sample("z", Normal(torch.zeros(64, 8, dtype=dtype), 1.0).to_event(1))
                pyro.sample("x", Normal(*decoder(z)).to_event(1), obs=x)

        def guide() -> None:
            with pyro.plate("data", 64):
                pyro.sample("z", Normal(q_mean, q_std).to_event(1))

        estimator = pyro.infer.Trace_ELBO(num_particles=20, vectorize_particles=True, max_plate_nesting=1)
        return without_graph(lambda: -estimator.loss(model, guide))

    return Work(ours, {"torch.distributions": distributions, "pyro": trace_elbo})


@operation("hw1/elbo", "elbo_gap", "100,000 points")
def _(dtype: torch.dtype) -> Work:
    x, m = torch.randn(2, 100_000, dtype=dtype)
    v, s = torch.rand(2, 100_000, dtype=dtype) + 0.2

    def distributions() -> Call:
        from torch.distributions import Normal, kl_divergence

        def run() -> Tensor:
            precision = 1 + s**2
            posterior = Normal(x / precision, s / precision.sqrt(), validate_args=False)
            return kl_divergence(Normal(m, v.sqrt(), validate_args=False), posterior)

        return run

    return Work(lambda: elbo_gap(x, m, v, s), {"torch.distributions": distributions})
