"""Hidden checks of hw1/masked_conv: masked convolutions (van den Oord et al., 2016, arXiv:1601.06759, section 3.4).

Oracle   A layer is an affine map, so it is known completely from its outputs for an empty image and for one unit
         impulse per entry. Which impulse may move which output follows from the positions in raster order alone, and
         outputs for random images must be the superposition of the responses. For a stack, the positions that can
         reach a pixel are followed back through the windows. What a layer must be able to learn is a convolution
         with a kernel that the judge makes from the same rule.
Error    float32 rounding is below 1e-5 here, a weight is a standard normal number: 1e-4 counts as no influence, and
         an allowed position must reach 1e-3 in one of three layers with different weights (fails by chance below
         1e-6). In a stack the smallest influence within reach was 6e-3 and the largest beyond it 3e-7 (20 seeds); the
         line is 1e-4. The learning task ended at a relative error of at most 4e-4 (20 seeds, both kinds); 5e-3 is
         allowed, and one frozen weight leaves more than 3e-2.
Cost     0.9 s of CPU.
Rejects  every mistake in masked_conv.mistakes.md.
"""

import torch
import torch.nn.functional as F

from autograder.checking import hint, points, probe, sequence, tensor
from autograder.judging.instruments import impulses, whole

NONE, SOME = 1e-4, 1e-3
LARGEST = 1e4  # of an output: standard normal weights make less than 100


PROMISES = {
    "MaskedConv2d": {
        "A k x k convolution that sees only the part of its window that comes earlier in raster order.": "kind_a",
        "That is all rows of the window above its centre, to their full width": "kind_a",
        'Kind "A" does not see the centre pixel itself, in any channel': "kind_a",
        'kind "B" sees it in all channels.': "kind_b",
        "The mask acts on the weights in every forward pass, whatever values the trainable parameters have been": (
            "kind_a, learns_any_masked_filter"
        ),
        "every weight that it lets through can be learned.": "learns_any_masked_filter",
        "There may be a bias.": "kind_a",
        "Pixels outside the image count as zeros.": "kind_a, stack_is_autoregressive",
        "`kernel_size` is odd.": "kind_b",
        'Raises ValueError when `kind` is neither "A" nor "B".': "other_kinds",
        "The outputs (B, out_channels, H, W) for the images x (B, in_channels, H, W).": "kind_a",
    },
}


@probe
def kinds_taken(student, kinds):
    """What making a layer of every kind does: "a layer", or the name of what it raises."""
    found = []
    for kind in kinds:
        try:
            student.MaskedConv2d(kind, 1, 2, 3)
            found.append("a layer")
        except ValueError:
            found.append("ValueError")
        except Exception:
            found.append("another error")
    return found


@probe
def redraw(layer, std):
    """Give every trainable parameter new random values: masks kept as frozen parameters stay as they are."""
    for parameter in layer.parameters():
        if parameter.requires_grad:
            nn.init.normal_(parameter, std=std(parameter))


@probe
def outputs(student, x, kind, out_channels, kernel_size, seed, training):
    """What one layer with random parameters makes of x (N, C, H, W), in training mode or not."""
    torch.manual_seed(seed)
    layer = student.MaskedConv2d(kind, x.shape[1], out_channels, kernel_size)
    redraw(layer, lambda parameter: 1.0)
    return layer.train(training)(x)


@probe
def stacked(student, x, kinds, kernel_sizes, channels, seed):
    """What a stack of layers with random parameters, and ELUs between them, makes of x (N, 1, H, W)."""
    torch.manual_seed(seed)
    for i, (kind, kernel_size) in enumerate(zip(kinds, kernel_sizes, strict=True)):
        layer = student.MaskedConv2d(kind, x.shape[1], channels, kernel_size)
        redraw(layer, lambda parameter: 1.0 if parameter.dim() < 2 else max(parameter[:1].numel(), 1) ** -0.5)
        x = layer(x if i == 0 else F.elu(x))
    return x


@probe
def fitted(student, x, y, kind, kernel_size, test, seed):
    """The outputs for `test` of a layer trained to turn the images x into the images y, and its outputs before."""
    torch.manual_seed(seed)
    layer = student.MaskedConv2d(kind, x.shape[1], y.shape[1], kernel_size)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.05)
    before = layer(test)
    for _ in range(400):
        optimizer.zero_grad()
        F.mse_loss(layer(x), y).backward()
        optimizer.step()
    return before, layer(test)


def offsets(H, W):
    """How far below, and how far to the right, of the output's pixel an input pixel is: two (HW, HW) tables [i, o]."""
    row, column = torch.arange(H * W) // W, torch.arange(H * W) % W
    return row[:, None] - row, column[:, None] - column


def visible(kind, kernel_size, H, W):
    """Which pixels a layer may see, from the definition: (HW, HW), entry [i, o] for input i and output o."""
    below, right = offsets(H, W)
    position = torch.arange(H * W)
    earlier = position[:, None] < position if kind == "A" else position[:, None] <= position
    return earlier & (below.abs() <= kernel_size // 2) & (right.abs() <= kernel_size // 2)


def judge_window(grade, kind, kernel_size, C, C_out, H, W):
    """One layer must see exactly its part of the window, in all channels, with the same weights at every pixel."""
    case = f"kind {kind!r}, kernel size {kernel_size}, {C} channels in and {C_out} out, {H} x {W} pixels"
    n = C * H * W
    moved = []
    for training in (True, False, True):
        settings = (kind, C_out, kernel_size, grade.guest_seed(), training)
        y = tensor(
            grade.submission(outputs, impulses(C, H, W), *settings), (1 + n, C_out, H, W), "the output", largest=LARGEST
        )
        response = (y[1:] - y[0]).reshape(C, H * W, C_out, H * W)
        for B in (1, 2):  # an odd and an even batch
            x = torch.randn(B, C, H, W, generator=grade.rng)
            answer = tensor(grade.submission(outputs, x, *settings), (B, C_out, H, W), f"the output for a batch of {B}")
            moves = torch.einsum("bci,ciop->bop", x.double().flatten(2), response).reshape(B, C_out, H, W)
            assert (answer - y[0] - moves).abs().max() < NONE * (1 + moves.abs().max()), (
                f"the layer should be linear (up to the bias) and treat every image of the batch by itself ({case})"
            )
        moved.append(response.transpose(1, 2))
    moved = torch.stack(moved)  # (3, C, C_out, HW, HW), entry [i, o]: from pixel i to pixel o
    size = moved.abs().amax(0)
    below, right = offsets(H, W)
    for region, place in (
        (below > 0, "a pixel in a row below"),
        ((below == 0) & (right > 0), "a pixel to the right in its own row"),
    ):
        assert size[..., region].lt(NONE).all(), f"an output depends on {place} ({case})"
    itself = size[..., (below == 0) & (right == 0)]
    if kind == "A":
        assert itself.lt(NONE).all(), f"with kind 'A' an output depends on its own pixel, in some channel ({case})"
    else:
        assert itself.gt(SOME).all(), f"with kind 'B' an output should see its own pixel, in every channel ({case})"
    allowed = visible(kind, kernel_size, H, W)
    assert size[..., ~allowed].lt(NONE).all(), f"an output depends on a pixel outside its window ({case})"
    for region, place in (
        ((below == 0) & (right < 0), "the left in its own row"),
        ((below < 0) & (right < 0), "the left above it"),
        ((below < 0) & (right == 0), "straight above it"),
        ((below < 0) & (right > 0), "the right above it"),
    ):
        reached = size[..., region & allowed]
        assert reached.gt(SOME).all(), f"an output misses some pixel of its window to {place}, or a channel ({case})"
    for down in range(-(kernel_size // 2), 1):
        for across in range(-(kernel_size // 2), kernel_size // 2 + 1):
            weights = moved[..., (below == down) & (right == across)]
            if weights.shape[-1] > 1:
                spread = weights.amax(-1) - weights.amin(-1)
                assert spread.max() < NONE, f"the weights should be the same at every pixel ({case})"


def judge_kind(grade, kind):
    """Kernel sizes 3, 5, 7 on images with two odd, different sides, and one with even ones."""
    judge_window(grade, kind, 3, 1, 1, 5, 7)
    judge_window(grade, kind, 5, 2, 3, 7, 5)
    judge_window(grade, kind, 7, 2, 1, 7, 9)
    judge_window(grade, kind, 3, whole(grade.rng, 2, 4), whole(grade.rng, 2, 5), 4, 6)


@points("1/4")
@hint("Draw the window on paper and cross out the centre and everything that comes later in raster order.")
def test_kind_a(grade):
    """A layer of kind A sees every earlier pixel of its window, and not its own."""
    judge_kind(grade, "A")
    judge_window(grade, "A", 1, 2, 3, 3, 5)  # nothing is left to see


@points("1/4")
@hint("Kind B differs from kind A in the centre of the window only.")
def test_kind_b(grade):
    """A layer of kind B sees every earlier pixel of its window and its own, in all channels."""
    judge_kind(grade, "B")
    judge_window(grade, "B", 1, 2, 2, 3, 5)


@points("1/5")
@hint("Kind A comes first and keeps a pixel from itself; kind B may then look at what the layer before has made of it.")
def test_stack_is_autoregressive(grade):
    """In a stack of A and then B, a pixel depends on all earlier pixels within reach, and on no others."""
    for H, W, kernel_sizes in ((5, 7, (3, 3, 3)), (6, 5, (5, 3, 1))):
        reach = torch.eye(H * W, dtype=torch.bool)
        for kind, kernel_size in zip("ABB", kernel_sizes, strict=True):
            reach = (reach.double() @ visible(kind, kernel_size, H, W).double()) > 0
        channels, moved = whole(grade.rng, 3, 6), []
        for _ in range(3):
            image = torch.randn(1, 1, H, W, generator=grade.rng)
            x = image + torch.cat([torch.zeros(1, 1, H, W), torch.eye(H * W).reshape(-1, 1, H, W)])
            answer = grade.submission(stacked, x, "ABB", list(kernel_sizes), channels, grade.guest_seed())
            y = tensor(answer, (1 + H * W, channels, H, W), "the output of a stack")
            moved.append((y[1:] - y[0]).abs().amax(1).reshape(H * W, H * W))
        size = torch.stack(moved).amax(0)
        later = torch.arange(H * W)[:, None] >= torch.arange(H * W)
        assert size[later].max() < NONE, "in a stack of A, B, B an output depends on its own pixel or on later ones"
        assert size[~reach].max() < NONE, "in a stack of A, B, B an output depends on a pixel beyond its reach"
        assert size[reach].min() > NONE, "in a stack of A, B, B an output misses an earlier pixel within its reach"


@points("1/5")
@hint("Gradients must flow through the masked weights into the parameters; after a step the mask still has to act.")
def test_learns_any_masked_filter(grade):
    """Every weight inside the mask is learned, and the mask holds while the layer trains."""
    C, C_out, H, W = 2, 2, 5, 7
    for kind in "AB":
        kernel = (0.75 + 0.5 * torch.rand(C_out, C, 3, 3, generator=grade.rng)).double()
        kernel *= torch.randint(2, kernel.shape, generator=grade.rng) * 2 - 1
        # Nine taps in raster order: the first four come before the centre. The hidden ones matter as well, less so:
        # a layer that could see them would learn to.
        seen = (torch.arange(9) < (4 if kind == "A" else 5)).reshape(3, 3)
        x, test = torch.randn(192, C, H, W, generator=grade.rng).split([128, 64])
        later = torch.arange(H * W).reshape(H, W) >= (H * W) // 2 + (kind == "B")  # after, or from, the middle pixel on
        scrambled = torch.where(later, torch.randn(test.shape, generator=grade.rng), test)
        y = F.conv2d(x.double(), torch.where(seen, kernel, 0.3 * kernel), padding=1)
        both = torch.cat([test, scrambled])
        answer = sequence(grade.submission(fitted, x, y.float(), kind, 3, both, grade.guest_seed()), 2, "the answers")
        before, after = (tensor(each, (128, C_out, H, W), "the output") for each in answer)
        assert (after - before).abs().max() > SOME, f"training does not change a layer of kind {kind!r}"
        leaks = (after[:64] - after[64:]).flatten(2)[:, :, : (H * W) // 2 + 1].abs().max()
        assert leaks < NONE, f"after training, an output of kind {kind!r} depends on pixels that its mask should hide"
        expected = F.conv2d(test.double(), kernel * seen, padding=1)
        error = (after[:64] - expected).square().mean() / expected.square().mean()
        assert error < 5e-3, f"a layer of kind {kind!r} cannot learn a filter that its mask allows"


@points("1/10")
@hint("Say what `kind` must be, in a ValueError, when the layer is made.")
def test_other_kinds(grade):
    """A kind that does not exist is refused with a ValueError, the two that exist are not."""
    kinds = ["A", "C", "B", "a", "AB", ""]
    found = sequence(grade.submission(kinds_taken, kinds), len(kinds), "what comes back")
    for kind, what in zip(kinds, found, strict=True):
        if kind in ("A", "B"):
            assert what == "a layer", f"kind {kind!r} is refused"
        else:
            assert what == "ValueError", "a kind that is neither A nor B does not raise ValueError"
