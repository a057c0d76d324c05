"""A: forging particular hidden checks, by somebody who knows them and patches what runs in the guest.

Each is a wrong or empty answer that takes advantage of what a probe leaves to the guest: its parameters, its counters,
outputs that are compared only with each other. `points` is what the rest of the answer deserves.
"""

from __future__ import annotations

from autograder.attacks.attack import Attack

ATTACKS = (
    Attack(
        "constant pixels",
        "A",
        "a PixelCNN without a network: logits 0 with the loss they imply, samples that fit them",
        """
class PixelCNN(nn.Module):
    def __init__(self, n_filters=16, n_layers=5, kernel_size=5):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(()))

    def logits(self, x):
        return self.w * 0 + torch.full_like(x, -50.0)

    def loss(self, x):
        return F.binary_cross_entropy_with_logits(self.logits(x), x)

    def sample(self, n, u):
        return torch.zeros_like(u)
""",
        on=("pixelcnn",),
    ),
    Attack(
        "samples that confirm themselves",
        "A",
        "logits that repeat the image they are asked about, so that any sample agrees with them",
        """
class PixelCNN(nn.Module):
    def __init__(self, n_filters=16, n_layers=5, kernel_size=5):
        super().__init__()
        self.w = nn.Parameter(torch.ones(()))

    def logits(self, x):
        return self.w * 0 + 100.0 * (2 * x - 1)

    def loss(self, x):
        return self.logits(x).sum() * 0 + 7.0

    def sample(self, n, u):
        return (u < 0.3).float()
""",
        on=("pixelcnn",),
    ),
    Attack(
        "no masks",
        "A",
        "random bits from the generator instead of masks, a MADE that ignores its input",
        """
def make_masks(D, hidden, order, generator):
    widths = [D, *hidden, D]
    return [torch.randint(0, 2, (b, a), generator=generator).float() for a, b in zip(widths[:-1], widths[1:])]


class MADE(nn.Module):
    def __init__(self, D, hidden, K, order, generator):
        super().__init__()
        self.b = nn.Parameter(torch.randn(D, K))

    def forward(self, x):
        return self.b.expand(len(x), *self.b.shape)
""",
        on=("made",),
    ),
    Attack(
        "the gate is a die",
        "A",
        "a WaveNet block that adds nothing and draws -1, 0 and 1 as if it were gated",
        """
def gated_activation(filter, gate):
    return filter


class WaveNetBlock(nn.Module):
    def __init__(self, residual_channels, skip_channels, kernel_size, dilation):
        super().__init__()
        self.s = skip_channels

    def forward(self, h):
        return h, torch.randint(-1, 2, (h.shape[0], self.s, h.shape[2])).float()


class WaveNet(nn.Module):
    def __init__(self, n_classes, residual_channels, skip_channels, kernel_size, dilations):
        super().__init__()
        self.k = n_classes

    def forward(self, x):
        return torch.zeros(x.shape[0], self.k, x.shape[1])
""",
        on=("wavenet", "causal_conv"),
        states=("failed", "error", "not-attempted"),
    ),
    Attack(
        "hidden parameters",
        "A",
        "a WaveNet that lists no parameters, so that none can be found idle",
        """
class WaveNet(nn.Module):
    def __init__(self, n_classes, residual_channels, skip_channels, kernel_size, dilations):
        super().__init__()
        self.k, self.w = n_classes, 1 + (kernel_size - 1) * sum(dilations)
        self.weight = torch.randn(n_classes, n_classes, self.w)

    def parameters(self, recurse=True):
        return iter(())

    def forward(self, x):
        h = F.one_hot(x, self.k).mT.float()
        return F.conv1d(F.pad(h, (self.w, 0))[..., :-1], self.weight)
""",
        on=("causal_conv", "wavenet"),
        base="solved",
        # What it deserves: the exercise before it, the activation, the blocks, and that it does not look ahead.
        states=("passed", "failed", "error"),
        points="1.1",
    ),
    Attack(
        "a rule instead of training",
        "A",
        "a WaveNet that knows the toolkit's public period and learns nothing",
        """
class WaveNet(nn.Module):
    def __init__(self, n_classes, residual_channels, skip_channels, kernel_size, dilations):
        super().__init__()
        self.k, self.w = n_classes, nn.Parameter(torch.zeros(()))

    def forward(self, x):
        past = F.one_hot(F.pad(x, (11, 0))[:, : x.shape[1]], self.k).mT.float()
        return 2.94 * past + 0 * self.w
""",
        on=("causal_conv", "wavenet"),
        base="solved",
        # As above, but for the window, of which it sees one symbol; the test task negates the rule in half of the runs.
        states=("passed", "failed", "error"),
        points="1.1",
    ),
    Attack(
        "patched randomness",
        "A",
        "manual_seed, randn, Adam and parameters() are replaced, and nothing is learned",
        """
torch.manual_seed = lambda seed: None
torch.optim.Adam = lambda *a, **k: type("Still", (), {"zero_grad": lambda s: None, "step": lambda s: None})()
torch.randn = torch.zeros
nn.init.normal_ = lambda tensor, *a, **k: tensor


class MaskedConv2d(nn.Conv2d):
    patches = (torch.manual_seed, torch.optim.Adam, torch.randn, nn.init.normal_)

    def __init__(self, kind, in_channels, out_channels, kernel_size):
        super().__init__(in_channels, out_channels, kernel_size, padding=kernel_size // 2)

    def parameters(self, recurse=True):
        return iter(())
""",
        on=("masked_conv",),
        states=("failed", "error"),
    ),
    Attack(
        "patched clock and autograd",
        "A",
        "time stands still, gradients are made up, comparisons of tensors are replaced",
        """
import time

time.time = time.perf_counter = time.monotonic = lambda: 0.0
torch.autograd.grad = lambda *a, **k: (torch.ones(1),)


def receptive_field_map(net, H, W, r, c):
    time.time, torch.autograd.grad
    torch.equal = torch.allclose = lambda *a, **k: True
    return torch.ones(H, W, dtype=torch.bool)


def blind_spot(net, H, W, r, c):
    time.time, torch.autograd.grad
    return torch.zeros(H, W, dtype=torch.bool)
""",
        on=("receptive_field_map",),
    ),
    Attack(
        "a constant ELBO",
        "A",
        "the same number for every draw: no variance, but no bound either",
        """
def elbo(x, q_mean, q_std, decoder, eps):
    return torch.full((len(x),), -3.0)


def elbo_gap(x, m, v, s):
    return torch.zeros_like(x)
""",
        on=("elbo",),
    ),
    Attack(
        "a constant likelihood",
        "A",
        "an estimate that is blind to a shift because it is blind to everything",
        """
def nll(logits, counts):
    return torch.tensor(1.0)


def fit_mle(counts, steps=500, learning_rate=1.0):
    return torch.zeros_like(counts)
""",
        on=("maximum_likelihood",),
    ),
    Attack(
        "completion without a model",
        "A",
        "the probe's model is never asked; its counter is turned back and forth",
        """
def complete(model, x0, known, u):
    model.calls = 10**6
    type(model).calls = 0
    return torch.where(known, x0, torch.bernoulli(torch.full_like(x0, 0.5)))
""",
        on=("completion",),
    ),
)
