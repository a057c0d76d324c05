"""Hidden checks of hw1/causal_conv: causal convolutions (van den Oord et al., 2016, section 2.1).

Oracle   A layer is an affine map, so it is known completely from its outputs for zero input and for one unit impulse
         per input entry. Which impulse may move which output is written down from the definition of the taps; outputs
         for random inputs must be the superposition of the responses. Receptive fields are found by following the
         taps back through the stack, never by the formula.
Error    float32 rounding is below 1e-5 here, a weight is a standard normal number: 1e-4 counts as no influence, and a
         tap must reach 1e-3 in one of three layers with different weights (fails by chance below 1e-7).
Cost     0.1 s of CPU.
Rejects  every mistake in causal_conv.mistakes.md.
"""

from functools import partial

import torch

from autograder.checking import hint, number, points, probe, sequence, tensor
from autograder.judging.instruments import impulses, whole

PROMISES = {
    "CausalConv1d": {
        "A convolution over time that never looks ahead": "sees_the_past_and_the_present, strict_sees_the_past_only",
        "With kernel size k and dilation d, output t is a learned linear map of the k inputs": (
            "sees_the_past_and_the_present"
        ),
        "t - 1, t - 1 - d, ..., t - 1 - (k - 1) d          when `strict` is True": "strict_sees_the_past_only",
        "Inputs before the first time step count as zeros.": "sees_the_past_and_the_present",
        "All channels of these inputs are used.": "sees_the_past_and_the_present",
        "The outputs (B, out_channels, T) for the inputs x (B, in_channels, T): as many steps as came in, T >= 1.": (
            "sees_the_past_and_the_present, strict_sees_the_past_only"
        ),
    },
    "receptive_field": {
        "How many time steps wide the window is through which an output of a stack of causal convolutions sees": (
            "receptive_field"
        ),
        "The window reaches from the earliest input that has an influence up to the output's own time step, both": (
            "receptive_field"
        ),
        "The stack has one layer per entry of `dilations`, all with the same `kernel_size` and none of them": (
            "receptive_field"
        ),
    },
}

NONE, SOME = 1e-4, 1e-3
LARGEST = 1e4  # of an output: standard normal weights make less than 100


@probe
def outputs(student, x, out_channels, kernel_size, options, seed, size=1.0):
    """What one layer with random parameters of that size makes of x (N, C, T), asked twice."""
    torch.manual_seed(seed)
    layer = student.CausalConv1d(x.shape[1], out_channels, kernel_size, **options)
    for parameter in layer.parameters():
        if parameter.requires_grad:
            nn.init.normal_(parameter, 0.0, size)
    return [layer(x), layer(x)]


@probe
def windows(student, stacks):
    """The receptive field of every (kernel size, dilations)."""
    return [student.receptive_field(kernel_size, dilations) for kernel_size, dilations in stacks]


def asked(grade, x, C_out, *settings):
    """The output (N, C_out, T) of one layer for x (N, C, T); a layer that keeps something back gives two."""
    answers = sequence(grade.submission(outputs, x, C_out, *settings), 2, "the two outputs")
    shape = (len(x), C_out, x.shape[2])
    first, second = (
        tensor(answer, shape, f"the output for a batch of {len(x)}", largest=LARGEST) for answer in answers
    )
    assert (first - second).abs().max() < NONE, "the same input has another output at the second call"
    return first


def responses(grade, C, C_out, T, kernel_size, options, seed):
    """How each impulse moves the output of one layer, (C, T, C_out, T), after a test that nothing else happens."""
    settings = (C_out, kernel_size, options, seed)
    y = asked(grade, impulses(C, T), *settings)
    assert (y[0] - y[0][:, :1]).abs().max() < NONE, "for zeros the output should be the bias, at every time step"
    moved = (y[1:] - y[0]).reshape(C, T, C_out, T)
    x = torch.randn(1, C, T, generator=grade.rng)
    answer = asked(grade, x, *settings)
    moves = torch.einsum("cs,csot->ot", x[0].double(), moved)
    assert (answer[0] - y[0] - moves).abs().max() < NONE * (1 + moves.abs().max()), (
        "the layer should be linear in its input (up to the bias), and treat every sequence of the batch by itself"
    )
    return moved


def judge_taps(grade, strict, cases):
    """Every output must see exactly the inputs under its taps, with the same weights at every time step."""
    for C, C_out, T, kernel_size, options in cases:
        delays = [int(strict) + j * options.get("dilation", 1) for j in range(kernel_size)]
        moved = torch.stack([responses(grade, C, C_out, T, kernel_size, options, grade.guest_seed()) for _ in range(3)])
        delay = torch.arange(T) - torch.arange(T)[:, None]  # delay[s, t] = t - s
        size = moved.abs().amax(0).transpose(1, 2)  # (C, C_out, T, T), entry [s, t]: from input s to output t
        case = f"kernel size {kernel_size}, dilation {options.get('dilation', 1)}, {T} time steps"
        assert size[..., delay < 0].lt(NONE).all(), f"an output depends on a later input ({case})"
        if strict:
            assert size[..., delay == 0].lt(NONE).all(), f"a strict layer sees the input of its own time step ({case})"
        for late in range(T):
            reached = size[..., delay == late]
            if late in delays:
                assert reached.gt(SOME).all(), f"an input under a tap does not reach the output ({case})"
            else:
                assert reached.lt(NONE).all(), f"an output depends on an input that is under none of its taps ({case})"
            weights = moved.transpose(2, 3)[..., delay == late]
            spread = weights.amax(-1) - weights.amin(-1)
            assert spread.max() < NONE, f"the weights should be the same at every time step ({case})"


def cases(grade, **options):
    """Channels in and out, time steps, kernel size, options; among them sequences shorter than the reach."""
    T = 11 + 2 * int(torch.randint(4, (), generator=grade.rng))
    return [
        (1, 1, T, 2, {**options}),
        (2, 3, T, 3, {**options}),
        (3, 2, T, 2, {"dilation": 4, **options}),
        (2, 2, T + 1, 3, {"dilation": 2 + int(torch.randint(3, (), generator=grade.rng)), **options}),
        (2, 1, 3, 3, {"dilation": 5, **options}),
        (1, 2, 1, 2, {"dilation": 3, **options}),
        (2, 2, 4, 1, {"dilation": 2, **options}),
    ]


@points("2/5")
@hint("Zeros come in front of the sequence and nowhere else; how many depends on the kernel size and the dilation.")
def test_sees_the_past_and_the_present(grade):
    """A layer that is not strict sees exactly t, t - d, ..., t - (k - 1) d and keeps the length."""
    judge_taps(grade, False, cases(grade) + cases(grade, strict=False)[2:4])
    x = torch.randn(1, 2, 9, generator=grade.rng)
    settings = (3, 2, {}, grade.guest_seed())
    small, large = (asked(grade, x, *settings, size) for size in (1.0, 3.0))
    moved = [y - asked(grade, torch.zeros_like(x), *settings, size) for y, size in ((small, 1.0), (large, 3.0))]
    assert (moved[1] - moved[0]).abs().max() > SOME, "three times larger weights should move the outputs more"


@points("2/5")
@hint("A strict layer is an ordinary one whose output comes one time step later.")
def test_strict_sees_the_past_only(grade):
    """A strict layer sees exactly t - 1, t - 1 - d, ..., t - 1 - (k - 1) d and keeps the length."""
    judge_taps(grade, True, cases(grade, strict=True))


@points("1/5")
@hint("Follow one output back through the layers: how much further does each layer reach?")
def test_receptive_field(grade):
    """`receptive_field` is the width of the window of a stack."""
    draw = partial(whole, grade.rng)
    stacks = [(draw(2, 6), [draw(1, 10) for _ in range(draw(2, 6))]) for _ in range(12)]
    stacks += [(2, [1, 2, 4, 8, 16]), (draw(2, 6), [draw(2, 10)]), (1, [draw(2, 10)]), (draw(2, 6), [])]
    answers = sequence(grade.submission(windows, stacks), len(stacks), "the receptive fields")
    for (kernel_size, dilations), answer in zip(stacks, answers, strict=True):
        seen = {0}  # how many steps back an output sees
        for dilation in dilations:
            seen = {back + j * dilation for back in seen for j in range(kernel_size)}
        width = number(answer, "a receptive field")
        assert width == max(seen) + 1, f"the receptive field of a stack of {len(dilations)} layers is not right"
