"""Hidden checks of hw1/receptive_field_map: what an output pixel of a stack can see, and the blind spot of a PixelCNN.

Oracle   Reachability: the set of units that feed the output pixel is followed backwards through the layers, one
         kernel tap at a time, on boolean arrays; no gradient, no convolution. For stacks of 3x3 masks also the closed
         form: (r - i, c + j) is visible exactly when j <= i (van den Oord et al., 2016, arXiv:1606.05328, Figure 1).
Nets     The probe builds them from weights drawn here: float32, both signs, in every tap as many positive as negative
         channels. At the zero input all ReLUs are off. Of the places to ask about, those are taken where one random
         input often misses a pixel but no pixel is missed by more than 40 % of the inputs. In 60 runs, one gradient at
         one random input lost 60 times, the union over 2 inputs 52 times, over 4 seven times, over 6 once, over 8, 10,
         12 and 16 never. tanh stays far from saturation, also with all weights made positive, but in one stack.
Cost     2 s, half of it once per worker: `grade.prepared` keeps the stacks with their places and truths.
Rejects  every mistake in receptive_field_map.mistakes.md.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.checking import Grade, hint, limits, points, probe, sequence, tensor

MAY = dict.fromkeys(("receptive_field_map", "blind_spot"), ("randomness",))  # a random input, or random weights

PROMISES = {
    "receptive_field_map": {
        "The input pixels that can influence the output pixel in row r, column c: bool (H, W), True where they": (
            "smooth_stacks"
        ),
        "`net` maps an image (1, 1, H, W) to (1, 1, H, W) and is a stack of convolutions and monotone": (
            "smooth_stacks, dead_relus"
        ),
        "An input pixel can influence net(x)[0, 0, r, c] when a path of non-zero weights leads from it through": (
            "zero_weights, smooth_stacks"
        ),
        "a ReLU that happens to be off at the input you look at, or a tanh that is saturated there, must not": (
            "dead_relus, zero_weights"
        ),
        "`net` is the same after the call as before.": "net_is_left_alone",
    },
    "blind_spot": {
        "The pixels that come before (r, c) in raster order and yet cannot influence the output there: bool (H,": (
            "blind_spot"
        ),
        "`net` is as in `receptive_field_map`.": "blind_spot",
        "A pixel comes before (r, c) when it lies in a higher row, or in the same row further to the left; the": (
            "blind_spot"
        ),
    },
}


@probe
def stack(layers: list) -> object:
    """The net that a list of layers describes: an activation's name, or [weight, bias, mask, dilation]."""
    import sys

    class MaskedConv(nn.Conv2d):
        def forward(self, x):
            return F.conv2d(x, self.weight * self.mask, self.bias, 1, self.padding, self.dilation)

    # A module of its own, so that pickle, and with it torch.save, finds the class.
    home = sys.modules.setdefault("stacks", type(sys)("stacks"))
    MaskedConv.__module__, MaskedConv.__qualname__, home.MaskedConv = "stacks", "MaskedConv", MaskedConv

    modules = []
    for layer in layers:
        if isinstance(layer, str):
            modules.append({"relu": nn.ReLU, "tanh": nn.Tanh, "leaky": nn.LeakyReLU}[layer]())
            continue
        weight, bias, mask, dilation = layer
        outputs, inputs, height, width = weight.shape
        padding = (dilation * (height // 2), dilation * (width // 2))
        conv = MaskedConv(inputs, outputs, (height, width), padding=padding, dilation=dilation)
        conv.register_buffer("mask", mask.clone())
        with torch.no_grad():
            conv.weight.copy_(weight)
            conv.bias.copy_(bias)
        modules.append(conv)
    return nn.Sequential(*modules)


@probe
def fields(student, layers: list, H: int, W: int, places: list) -> list:
    """The map of every place: a list of (H, W)."""
    net = stack(layers)
    return [student.receptive_field_map(net, H, W, r, c) for r, c in places]


@probe
def fields_of_two(student, layers: list, others: list, H: int, W: int, r: int, c: int) -> list:
    """The map of a net, and its map when it has been given the weights of another."""
    net = stack(layers)
    first = student.receptive_field_map(net, H, W, r, c)
    with torch.no_grad():
        for module, layer in zip(net, others, strict=True):
            if isinstance(module, nn.Conv2d):
                module.weight.copy_(layer[0])
    return [first, student.receptive_field_map(net, H, W, r, c)]


@probe
def blind_spots(student, layers: list, H: int, W: int, places: list) -> list:
    """The blind spot of every place: a list of (H, W)."""
    net = stack(layers)
    return [student.blind_spot(net, H, W, r, c) for r, c in places]


@probe
def field_and_net(student, layers: list, H: int, W: int, r: int, c: int, x: Tensor) -> list:
    """One map, the net's output on x after the call, and its weights and biases after the call."""
    net = stack(layers)
    field = student.receptive_field_map(net, H, W, r, c)
    with torch.no_grad():
        output = net(x)
    return [field, output, *(p for layer in net if isinstance(layer, nn.Conv2d) for p in (layer.weight, layer.bias))]


@probe
def output_of(student, layers: list, x: Tensor) -> Tensor:
    """What the net gives for x."""
    with torch.no_grad():
        return stack(layers)(x)


def causal_mask(kind: str, height: int, width: int) -> Tensor:
    """The taps that come before the centre in raster order; with kind "B" the centre too."""
    taps = torch.arange(height * width).view(height, width)
    return (taps < height * width // 2 + (kind == "B")).float()


def conv(rng: torch.Generator, inputs: int, outputs: int, mask: Tensor, dilation: int = 1, total: float = 1.5) -> list:
    """A layer with random weights; sums of |weight| are about `total`, biases are slightly negative."""
    shape = (outputs, inputs, *mask.shape)
    size = 0.4 + 0.6 * torch.rand(shape, generator=rng)
    # In every tap half of the input channels have a positive weight, in a random order.
    rank = torch.rand(shape, generator=rng).argsort(1)
    sign = torch.where(rank % 2 == 0, 1.0, -1.0)
    if inputs == 1:
        sign = torch.where(torch.rand(shape, generator=rng).argsort(0) % 2 == 0, 1.0, -1.0)
    weight = total * size * sign / (0.7 * inputs * mask.sum().clamp(min=1))
    bias = -0.02 - 0.02 * torch.rand(outputs, generator=rng)
    return [weight, bias, mask, dilation]


def net(rng: torch.Generator, masks: list, activation: str | None, channels: int = 8, dilations: list | None = None):
    """The layers of a stack 1 -> channels -> ... -> channels -> 1 with one activation between convolutions."""
    layers = []
    for index, mask in enumerate(masks):
        inputs, outputs = 1 if index == 0 else channels, 1 if index == len(masks) - 1 else channels
        # ReLUs, unlike tanh, cannot saturate: weights that keep the size of what comes in leave them on half the time.
        total = 4.0 if activation == "relu" else 1.5
        layers.append(conv(rng, inputs, outputs, mask, dilations[index] if dilations else 1, total))
        layers += [activation] if activation and index < len(masks) - 1 else []
    return layers


def reachable(layers: list, H: int, W: int, r: int, c: int) -> Tensor:
    """The input pixels from which a path of non-zero weights leads to the output pixel: bool (H, W)."""
    wanted = torch.zeros(1, H, W, dtype=torch.bool)
    wanted[0, r, c] = True
    for layer in reversed([layer for layer in layers if not isinstance(layer, str)]):
        weight, _, mask, dilation = layer
        linked = (weight * mask) != 0
        _, inputs, height, width = weight.shape
        feeding = torch.zeros(inputs, H, W, dtype=torch.bool)
        for channel, row, column in wanted.nonzero().tolist():
            for i in range(height):
                for j in range(width):
                    y, x = row + dilation * (i - height // 2), column + dilation * (j - width // 2)
                    if 0 <= y < H and 0 <= x < W:
                        feeding[:, y, x] |= linked[channel, :, i, j]
        wanted = feeding
    return wanted[0]


def earlier(H: int, W: int, r: int, c: int) -> Tensor:
    """The pixels before (r, c) in raster order."""
    rows, columns = torch.meshgrid(torch.arange(H), torch.arange(W), indexing="ij")
    return (rows < r) | ((rows == r) & (columns < c))


def pick(rng: torch.Generator, low: int, high: int) -> int:
    """A random whole number from low to high, both included."""
    return int(torch.randint(low, high + 1, (), generator=rng))


def places_of(rng: torch.Generator, H: int, W: int) -> list:
    """A pixel inside the image, one at the right and one at the left edge, one in the first row, and the last pixel."""
    return [
        [pick(rng, 2, H - 2), pick(rng, 2, W - 3)],
        [pick(rng, 1, H - 2), W - 1],
        [pick(rng, 1, H - 2), 0],
        [0, pick(rng, 4, W - 2)],
        [H - 1, W - 1],
    ]


def case(kind: str, layers: list, H: int, W: int, places: list) -> tuple:
    """A stack, the places to ask about with the oracle's map of each, and what to call it; see `compare_fields`."""
    return kind, (layers, H, W, places), [reachable(layers, H, W, r, c) for r, c in places]


def smooth_cases(rng: torch.Generator) -> list:
    """Stacks without ReLUs: causal or not, dilated, with kernels of any shape."""
    A, B = causal_mask("A", 3, 3), causal_mask("B", 3, 3)
    H, W = pick(rng, 6, 8), pick(rng, 9, 11)
    at = H, W, places_of(rng, H, W)
    return [
        case("for a causal stack", net(rng, [A, B, B], "tanh", 6), *at),
        case("for a stack that sees the pixel itself", net(rng, [B, B], "leaky", 6), *at),
        case("for 3x5 kernels", net(rng, [causal_mask("A", 3, 5), causal_mask("B", 5, 3)], "tanh", 6), *at),
        case("for dilated convolutions", net(rng, [A, B, B], None, 4, [1, 2, 3]), *at),
        case("for a stack without masks", net(rng, [torch.ones(3, 5), torch.ones(1, 3)], "tanh", 6), *at),
    ]


def relu_cases(rng: torch.Generator) -> list:
    """Stacks with ReLUs, at the places where dead ones matter."""
    A, B, one = causal_mask("A", 3, 3), causal_mask("B", 3, 3), causal_mask("B", 1, 1)
    H, W = pick(rng, 5, 6), pick(rng, 7, 8)
    stacks = [
        ("for a causal stack with ReLUs", net(rng, [A, B, B, one], "relu", 4)),
        ("for a causal stack with ReLUs", net(rng, [A, B, B, one], "relu", 4)),
        ("for a causal stack with ReLUs", net(rng, [causal_mask("A", 5, 5), B, B], "relu", 4)),
        ("for ReLUs without masks", net(rng, [torch.ones(3, 3), torch.ones(3, 1), one], "relu", 4)),
    ]
    first = conv(rng, 1, 1, torch.ones(3, 3), total=4.0)
    first[0], first[1] = torch.cat([first[0], -first[0]]), first[1].repeat(2)
    opposite = [first, "relu", [torch.ones(1, 2, 1, 1), torch.zeros(1), torch.ones(1, 1), 1]]
    stacks.append(("for ReLUs with opposite weights", opposite))
    return [case(kind, layers, H, W, revealing_places(rng, layers, H, W)) for kind, layers in stacks]


def revealing_places(rng: torch.Generator, layers: list, H: int, W: int) -> list:
    """Places where one input often misses a pixel, and yet no pixel is missed by most inputs: twelve at most."""
    module, random, ones = stack(layers), [], []
    for r in range(H):
        for c in range(W):
            x = torch.randn(64, 1, H, W, generator=rng)
            x[0] = 1
            (gradient,) = torch.autograd.grad(module(x.requires_grad_())[:, 0, r, c].sum(), x)
            seen = (gradient[:, 0] != 0)[:, reachable(layers, H, W, r, c)]  # (64, reachable pixels)
            if seen.numel() and seen.double().mean(0).min() >= 0.6:
                random.append((seen.all(1).sum().item(), [r, c]))
                ones += [] if seen[0].all() else [[r, c]]
    chosen = [place for _, place in sorted(random)[:8]]
    return chosen + [place for place in ones if place not in chosen][:4]


def compare(answer: object, truth: Tensor, what: str, missing: str, too_much: str) -> None:
    """Fail unless the answer is the map `truth`; 1 and 0 count as True and False."""
    found = tensor(answer, tuple(truth.shape), what)
    assert ((found == 0) | (found == 1)).all(), f"{what} should hold True and False only"
    assert not (truth & (found == 0)).any(), missing
    assert not (~truth & (found == 1)).any(), too_much


def compare_fields(grade: Grade, kind: str, asked: tuple, truths: list) -> None:
    """Fail unless the submission's map of every place is the oracle's; `kind` begins the message."""
    answers = sequence(grade.submission(fields, *asked), len(truths), "the list of maps")
    for answer, truth in zip(answers, truths, strict=True):
        compare(
            answer,
            truth,
            "the map",
            f"{kind}, the map misses a pixel that can influence the output",
            f"{kind}, the map marks a pixel that cannot influence the output",
        )


@points("3/10")
@hint("Ask which inputs the output depends on; masks, kernel sizes and dilations then take care of themselves.")
def test_smooth_stacks(grade):
    """The map is right for stacks without ReLUs: causal or not, dilated, with kernels of any shape."""
    for one in grade.prepared(smooth_cases):
        compare_fields(grade, *one)


@points("3/10")
@limits(cpu_seconds=60, wall_seconds=120)  # some change one pixel after the other, for many images
@hint("A ReLU that is off has gradient zero. Whether it is on must not be left to the input you happened to choose.")
def test_dead_relus(grade):
    """A ReLU that is off at one input hides no pixel."""
    for one in grade.prepared(relu_cases):
        compare_fields(grade, *one)


@points("1/10")
def test_zero_weights(grade):
    """A weight that is zero lets nothing through, whether a mask made it zero or not; any other lets something."""
    rng = grade.rng
    H, W = pick(rng, 6, 8), pick(rng, 7, 9)
    layers = net(rng, [torch.ones(3, 3), torch.ones(3, 3)], "tanh", 6)
    for layer in layers:
        if not isinstance(layer, str):
            zero = torch.rand(9, generator=rng).argsort().view(3, 3) < 5  # five of nine taps, at random
            layer[0][..., zero] = 0
    kind = "for convolutions with zeros among their weights"
    compare_fields(grade, *case(kind, layers, H, W, places_of(rng, H, W)))
    A, B = causal_mask("A", 3, 3), causal_mask("B", 3, 3)
    small = net(rng, [A, B, B], "tanh", 6)
    small[2][0].mul_(1e-6)
    compare_fields(grade, *case("for a layer with small weights", small, H, W, places_of(rng, H, W)))
    large = net(rng, [A, B], "tanh", 8)
    large[0][0].mul_(40)
    compare_fields(grade, *case("for a tanh that is nearly always saturated", large, H, W, places_of(rng, H, W)))


@points("1/10")
def test_net_is_left_alone(grade):
    """The net is the same after the call as before."""
    rng, B = grade.rng, causal_mask("B", 3, 3)
    layers = net(rng, [causal_mask("A", 3, 3), B, B], "tanh", 6)
    r, c = pick(rng, 3, 5), pick(rng, 3, 5)
    x = torch.randn(1, 1, 7, 9, generator=rng)
    answer = sequence(grade.submission(field_and_net, layers, 7, 9, r, c, x), 8, "what comes back")
    compare(
        answer[0],
        reachable(layers, 7, 9, r, c),
        "the map",
        "the map misses a pixel that can influence the output",
        "the map marks a pixel that cannot influence the output",
    )
    others = [layer if isinstance(layer, str) else [layer[0].clone(), *layer[1:]] for layer in layers]
    others[0][0][..., 0] = 0  # the taps of the first layer that look to the left
    answers = sequence(grade.submission(fields_of_two, layers, others, 7, 9, r, c), 2, "the maps")
    compare(
        answers[1],
        reachable(others, 7, 9, r, c),
        "the map of a net whose weights have changed",
        "when the weights of a net change, its map misses a pixel that can influence the output now",
        "when the weights of a net change, its map still marks a pixel that cannot influence the output any more",
    )
    before = [value for layer in layers if not isinstance(layer, str) for value in layer[:2]]
    for value, kept in zip(answer[2:], before, strict=True):
        now = tensor(value, tuple(kept.shape), "a parameter of the net after the call")
        assert torch.equal(now, kept.double()), (
            "receptive_field_map changes the weights or biases of the net it is given"
        )
    output = tensor(answer[1], (1, 1, 7, 9), "the output of the net after the call")
    expected = grade.reference(output_of, layers, x).double()
    assert torch.allclose(output, expected, atol=1e-5), "receptive_field_map changes the net it is given"


@points("1/5")
@hint("The blind spot holds only pixels that come before (r, c); the pixel itself does not.")
def test_blind_spot(grade):
    """The blind spot of a stack of 3x3 masks is the wedge up and to the right; a wide enough kernel has none."""
    rng, A, B = grade.rng, causal_mask("A", 3, 3), causal_mask("B", 3, 3)
    H, W = pick(rng, 4, 5), pick(rng, 6, 7)
    # As many layers as columns, so that a pixel sees its row to the left edge: the wedge is all that it misses.
    deep = [conv(rng, 1, 2, A), *(conv(rng, 2, 2, B, total=4) for _ in range(W - 2)), conv(rng, 2, 1, B)]
    wide = [conv(rng, 1, 1, causal_mask("A", 2 * H + 1, 2 * W + 1))]
    free = net(rng, [torch.ones(3, 3), torch.ones(3, 3)], None, 4)
    places = [[H - 1, pick(rng, 1, 2)], [pick(rng, 1, H - 2), pick(rng, 2, 3)], [0, W - 1], [H - 2, W - 1], [0, 0]]
    for layers in (deep, wide, free):
        answers = sequence(grade.submission(blind_spots, layers, H, W, places), len(places), "the list of blind spots")
        for answer, (r, c) in zip(answers, places, strict=True):
            if layers is deep:
                truth = torch.tensor([[y < r and x - c > r - y for x in range(W)] for y in range(H)])
            else:
                truth = earlier(H, W, r, c) & ~reachable(layers, H, W, r, c)
            compare(
                answer,
                truth,
                "the blind spot",
                "the blind spot misses an earlier pixel that cannot influence the output",
                "the blind spot holds a pixel that does not belong to it",
            )
