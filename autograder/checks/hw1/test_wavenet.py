"""Hidden checks of hw1/wavenet: gated residual blocks and the network (van den Oord et al., 2016, arXiv:1609.03499).

Oracle   tanh and sigmoid through exponentials. A block with all parameters 0 is the identity and skips nothing; which
         time steps it sees follows from its taps; far out, tanh times sigmoid takes just the values -1, 0 and 1, and no
         other activation does. For the network, single symbols are changed and the logits before and after compared
         with the window. Training: sequences whose symbols repeat the one 11 steps earlier except for known flips,
         so that the best possible likelihood is known for every symbol; each is scored from a sequence in which it and
         everything later is random, and nothing later was sent before: neither a leak nor a lookup can help.
Error    Rounding moves outputs by less than 1e-6 of their size; 1e-4 is allowed.
Training 500 sequences of 48 symbols, 4 epochs, dilations 1, 2, 4, 8. Nats per symbol above the best possible: at most
         0.003 (40 seeds); the line is 0.1, for the sake of other architectures. A window shorter than 11 leaves 0.49.
         In one network of 60 all units before the last layer die and 0.49 is left for ever: it gets two more attempts.
Cost     about 1 s of CPU, nearly all of it in the training check; 3 s for a network that learns nothing.
Rejects  every mistake in wavenet.mistakes.md.
"""

import math

import torch
import torch.nn.functional as F

from autograder.checking import hint, limits, number, points, probe, sequence, tensor
from autograder.judging.instruments import whole

PROMISES = {
    "gated_activation": {
        "The gated activation unit of Eq. (2): a tanh of the filter, let through by a sigmoid of the gate.": (
            "gated_activation"
        ),
        "Both arguments have the same shape, which is also the shape of the result.": "gated_activation",
    },
    "WaveNetBlock": {
        "One residual block (Fig. 4).": "block_adds_to_its_input",
        "A filter and a gate, both causal convolutions of the input h with the given kernel size and dilation": (
            "block_adds_to_its_input, block_is_gated"
        ),
        "go through `gated_activation`.": "block_is_gated",
        "one makes the residual, which is added to h, the other the skip output.": "block_adds_to_its_input",
        "When all parameters are 0, h comes out as it went in and the skip output is 0.": "block_adds_to_its_input",
        "From h (B, C, T): the next h (B, C, T) and the skip output (B, S, T).": "block_adds_to_its_input",
    },
    "WaveNet": {
        "p(x) = prod_t p(x_t | x_1, ..., x_{t-1}) over sequences of K = n_classes symbols (Eq. 1).": (
            "logits_do_not_look_ahead, learns_a_period"
        ),
        "The symbols enter one-hot, as K channels": "window_and_skips",
        "from there on, time step t knows nothing of x_t.": "logits_do_not_look_ahead",
        "One `WaveNetBlock` per entry of `dilations` follows.": "window_and_skips",
        "The sum (or the mean) of all their skip outputs gives the logits (Fig. 4)": "window_and_skips",
        "two 1 x 1 convolutions, to S and to K channels": "window_and_skips",
        "So the logits at t see symbols before t only, through a window of receptive_field(kernel_size,": (
            "logits_do_not_look_ahead, window_and_skips"
        ),
        "Logits (B, K, T) of the distribution of every x_t given the symbols before it; x (B, T) long in 0..K-1.": (
            "logits_do_not_look_ahead"
        ),
    },
}

TOLERANCE = 1e-4
LARGEST = 1e4  # of a logit: those of random parameters are below 300
PERIOD, FLIP = 11, 0.05


@probe
def activations(student, filter, gate):
    return student.gated_activation(filter, gate)


@probe
def redraw(module, gain):
    """Give every trainable parameter random values, so large that what goes through keeps its size when gain is 1."""
    for parameter in module.parameters():
        if parameter.requires_grad:
            nn.init.normal_(parameter, std=0.1 if parameter.dim() < 2 else gain * max(parameter[:1].numel(), 1) ** -0.5)


@probe
def block_outputs(student, h, skip_channels, kernel_size, dilation, seed, zero):
    """What one block makes of h (N, C, T); all its parameters are 0 or random."""
    torch.manual_seed(seed)
    block = student.WaveNetBlock(h.shape[1], skip_channels, kernel_size, dilation)
    redraw(block, 1.5)
    if zero:
        for parameter in block.parameters():
            nn.init.zeros_(parameter)
    return block(h)


@probe
def logits(student, batches, n_classes, channels, kernel_size, dilations, seed, skip_channels=None):
    """The logits of one random network for every batch of sequences."""
    torch.manual_seed(seed)
    net = student.WaveNet(n_classes, channels, skip_channels or channels + 3, kernel_size, dilations)
    redraw(net, 1.5)
    return [net(x) for x in batches]


@probe
def sizes(student, symbols, channels, skip_channels):
    """How many numbers learn in a network for each number of symbols."""
    nets = [student.WaveNet(K, channels, skip_channels, 2, [1]) for K in symbols]
    return [sum(p.numel() for p in net.parameters() if p.requires_grad) for net in nets]


@probe
def logits_as_parameters_change(student, x, n_classes, channels, kernel_size, dilations, seed):
    """The logits for x of a random network, and again after each of its parameters was replaced in turn."""
    torch.manual_seed(seed)
    net = student.WaveNet(n_classes, channels, channels, kernel_size, dilations)
    redraw(net, 1.5)
    answers = [net(x)]
    for parameter in net.parameters():
        if parameter.requires_grad:
            kept = parameter.detach().clone()
            nn.init.normal_(parameter)
            answers.append(net(x))
            with torch.no_grad():
                parameter.copy_(kept)
    return torch.stack(answers)


@probe
def train(student, sequences, seed):
    """Train a network; it stays with the student's class, where `trained_logits` finds it.

    One whose last layers die, so that it is still where a coin is, is replaced by another one, twice at most.
    """
    torch.manual_seed(seed)
    for _ in range(3):
        net = student.WaveNet(2, 16, 16, 2, [1, 2, 4, 8])
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        for _ in range(4):
            losses = []
            for batch in sequences[torch.randperm(len(sequences))].split(25):
                optimizer.zero_grad()
                loss = F.cross_entropy(net(batch), batch)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        student.WaveNet.trained = net
        if sum(losses) / len(losses) < 0.6:
            break


@probe
def trained_logits(student, x):
    """The logits of the trained network for the sequences x."""
    with torch.no_grad():
        return student.WaveNet.trained(x)


def block_answer(grade, h, skip_channels, kernel_size, dilation, seed, zero=False):
    """The two outputs of a block, (N, C, T) and (N, S, T)."""
    answer = grade.submission(block_outputs, h, skip_channels, kernel_size, dilation, seed, zero)
    out, skip = sequence(answer, 2, "the answer of a block")
    N, _, T = h.shape
    return tensor(out, tuple(h.shape), "h after a block"), tensor(skip, (N, skip_channels, T), "the skip output")


@points("1/10")
def test_gated_activation(grade):
    """`gated_activation` is tanh(filter) * sigmoid(gate)."""
    for shape in ((3, 4, 7), (1, 5), (6,)):
        f, g = 2 * torch.randn(2, *shape, generator=grade.rng, dtype=torch.float64)
        answer = tensor(grade.submission(activations, f, g), shape, "the gated activation")
        expected = (f.exp() - (-f).exp()) / (f.exp() + (-f).exp()) / (1 + (-g).exp())
        assert (answer - expected).abs().max() < 1e-6, "the gated activation is not tanh(filter) * sigmoid(gate)"


@points("1/5")
@hint("The input goes around the gated unit and is added at the end; the skip output comes from the gated unit alone.")
def test_block_adds_to_its_input(grade):
    """A block adds something to h that reads h at its taps only; with all parameters 0 it changes nothing."""
    sizes = (2, 3, 5, 13, 2, 1), (1, 4, 2, 17, 3, whole(grade.rng, 2, 4)), (3, 2, 3, 4, 2, whole(grade.rng, 2, 6))
    for B, C, S, T, kernel_size, dilation in sizes:
        h = torch.randn(B, C, T, generator=grade.rng)
        out, skip = block_answer(grade, h, S, kernel_size, dilation, grade.guest_seed(), zero=True)
        assert (out - h).abs().max() < 1e-6, "when all parameters are 0, h should come out of a block unchanged"
        assert skip.abs().max() < 1e-6, "when all parameters are 0, the skip output of a block should be 0"
        taps = [j * dilation for j in range(kernel_size)]
        moved = torch.zeros(2, T, T)  # entry [which output, s, t]: how far a change at s moves that output at t
        for _ in range(3):
            bumps = torch.cat([torch.zeros(1, C, T), torch.eye(T)[:, None].expand(T, C, T)])
            answers = block_answer(grade, h[:1] + bumps, S, kernel_size, dilation, grade.guest_seed())
            change = torch.stack([(y[1:] - y[0]).abs().amax(1) for y in answers])
            moved = torch.maximum(moved, change)
        delay = torch.arange(T) - torch.arange(T)[:, None]  # delay[s, t] = t - s
        assert moved[:, delay < 0].max() < TOLERANCE, "an output of a block depends on later time steps"
        for back in range(T):
            if back in taps:
                assert moved[:, delay == back].min() > TOLERANCE, "a block does not see h at all of its taps"
            else:
                assert moved[:, delay == back].max() < TOLERANCE, "a block sees h at a time step that is not its tap"
    h = torch.randn(2, 4, 9, generator=grade.rng)
    out, skip = block_answer(grade, h, 4, 2, 1, grade.guest_seed())
    assert (out - h - skip).abs().max() > TOLERANCE, "the skip output is what was added to h, where it has its shape"


@points("1/10")
@hint("Filter and gate are two convolutions with weights of their own, and `gated_activation` joins them.")
def test_block_is_gated(grade):
    """The skip output of a block reads tanh of one convolution times sigmoid of another."""
    seen, turned = 0, torch.zeros(3, dtype=torch.bool)
    for _ in range(6):
        # One channel, and inputs so large that tanh is -1 or 1 and sigmoid 0 or 1: three values are left.
        h = 1e6 * torch.randn(40, 1, 25, generator=grade.rng)
        other = h.clone()  # the same but for one time step
        other[:, :, 12] = 1e6 * torch.randn(40, 1, generator=grade.rng)
        # In any order, so that the answer must be one about h.
        order = torch.randperm(3 * len(h), generator=grade.rng)
        _, skip = block_answer(grade, torch.cat([h, -h, other])[order], 1, 3, 1, grade.guest_seed())
        skip = skip[order.argsort()]
        assert skip.max() - skip.min() > 1e-4, "for very large h the skip output of a block is the same everywhere"
        found = levels(skip)
        assert 1 < len(found) < 4, "for very large h the gated unit of a block should be -1, 0 or 1, and nothing else"
        if len(found) == 3:
            uneven = abs(found[0] - 2 * found[1] + found[2])
            assert uneven < 0.05 * (found[2] - found[0]), "for very large h a gated unit should be -1, 0 or 1"
            # The gate that lets h through stops -h, and the other way round; values drawn at random would not know.
            passes, passes_negated, passes_other = ((skip - found[1]).abs() > 0.2 * (found[2] - found[0])).chunk(3)
            one_of_two = (passes != passes_negated).double().mean()
            assert one_of_two > 0.95, "for very large h the gate of a block should let through either h or -h"
            turned |= (passes != passes_other)[:, 0, 12:15].any(0)
        seen = max(seen, len(found))
    assert seen == 3, "for very large h the gated unit of a block should take all of the values -1, 0 and 1"
    assert turned.all(), "for very large h the gate of a block should see h at all of its taps, as the filter does"


def levels(y):
    """The few values that y takes, up to 1 % of their range; an empty list when more than 3 % of y are others."""
    y = y.flatten().sort().values
    width = 0.01 * (y[-1] - y[0])
    groups = torch.tensor_split(y, (y.diff() > width).nonzero().flatten() + 1)
    groups = [group for group in groups if len(group) > 0.01 * len(y) and group[-1] - group[0] <= width]
    return [group.mean().item() for group in groups] if sum(map(len, groups)) > 0.97 * len(y) else []


def influences(grade, K, T, kernel_size, dilations):
    """How far a change of the symbol at s moves the logits at t, (T, T), as a multiple of what counts as a change."""
    moved = torch.zeros(T, T)
    for _ in range(4):
        base = torch.randint(K, (4, T), generator=grade.rng)
        changed = (base + torch.eye(T, dtype=torch.long)[:, None]) % K  # (T, 4, T)
        rows = torch.cat([base[None], changed])
        order = torch.randperm((T + 1) * 4, generator=grade.rng)
        batches = [base[:1], rows.reshape(-1, T)[order], base[:1] % (K - 1)]  # one that lacks the last symbol
        answer = grade.submission(logits, batches, K, 8, kernel_size, dilations, grade.guest_seed())
        alone, y, lacking = sequence(answer, 3, "the logits of three batches")
        alone = tensor(alone, (1, K, T), "the logits for one sequence", largest=LARGEST)
        tensor(lacking, (1, K, T), "the logits for one sequence without the last symbol", largest=LARGEST)
        y = tensor(y, ((T + 1) * 4, K, T), "the logits", largest=LARGEST)[order.argsort()].reshape(T + 1, 4, K, T)
        changes = (y[1:] - y[0]).abs()
        size = TOLERANCE * (1 + changes.max())  # no constant beside the changes hides one
        mixed = (y[0, 0] - alone).abs().max()
        assert mixed < size, "the logits of a sequence depend on the other sequences of its batch"
        moved = torch.maximum(moved, changes.amax((1, 2)) / size)
    return moved, torch.arange(T) - torch.arange(T)[:, None]


@points("1/5")
@hint("Which layer must be the strict one? And which way does the padding go?")
def test_logits_do_not_look_ahead(grade):
    """The logits at t depend on symbols before t only, and there is one for every time step."""
    for K, T, kernel_size, dilations in ((2, 15, 2, [1, 2, 4]), (whole(grade.rng, 3, 6), 21, 3, [1, 3])):
        moved, delay = influences(grade, K, T, kernel_size, dilations)
        assert moved[delay < 0].max() < 1, "the logits depend on symbols that come later"
        assert moved[delay == 0].max() < 1, "the logits at t depend on the symbol at t itself"
        assert moved.max() > 1, "the logits do not depend on the symbols at all"


@points("1/5")
@hint("Print the dilation of every block. Where do the skip outputs go?")
def test_window_and_skips(grade):
    """The logits see every symbol of their window, none before it, and all blocks contribute to them."""
    for K, T, kernel_size, dilations in ((2, 15, 2, [1, 2, 4]), (whole(grade.rng, 3, 6), 21, 3, [1, 3])):
        moved, delay = influences(grade, K, T, kernel_size, dilations)
        window = 1 + (kernel_size - 1) * sum(dilations)
        for back in range(1, window + 1):
            assert moved[delay == back].min() > 1, "the logits do not see every symbol of their window"
        assert moved[delay > window].max() < 1, "the logits see symbols before their window"
    unused, parameters = [], []
    for dilations in ([1], [1, 2], [1, 2, 1, 2]):
        x = torch.randint(3, (2, 9), generator=grade.rng)
        answer = grade.submission(logits_as_parameters_change, x, 3, 6, 2, dilations, grade.guest_seed())
        rows = len(answer) if hasattr(answer, "shape") and len(answer.shape) == 4 else 2
        y = tensor(answer, (rows, 2, 3, 9), "the logits")
        unused.append(((y[1:] - y[0]).abs().amax((1, 2, 3)) < 1e-6).sum().item())
        parameters.append(rows - 1)
    # The list of parameters is the network's own claim: one that keeps its blocks out of it must not pass so.
    assert parameters[2] >= parameters[1] + 4, "two more blocks do not bring the parameters that two blocks have"
    # The last residual convolution has no effect, however many blocks there are; nothing else may be idle.
    assert max(unused[1:]) <= unused[0], "parameters of a block have no effect: do all skip outputs reach the logits?"
    one_skip_channel(grade)
    learning = sequence(grade.submission(sizes, [3, 4], 20, 2), 2, "the numbers of parameters")
    fewer, more = (number(size, "the number of parameters") for size in learning)
    assert more - fewer >= 20, "a symbol more brings no weights for its own channel: do the symbols enter one-hot?"
    apart = torch.zeros(3)  # the first symbol has a channel too: it is not the nothing that stands before the start
    for _ in range(3):
        x = torch.arange(3)[:, None].expand(3, 2)
        answer = grade.submission(logits, [x], 3, 8, 1, [1], grade.guest_seed())
        y = tensor(sequence(answer, 1, "the logits")[0], (3, 3, 2), "the logits", largest=LARGEST)
        apart = torch.maximum(apart, (y[:, :, 1] - y[:, :, 0]).abs().amax(1))
    assert apart.min() > TOLERANCE, "one of the symbols is to the network as if there were none: has each its channel?"


def one_skip_channel(grade):
    """With one skip channel the head has one channel in its middle: all logits lie on a line."""
    for _ in range(6):
        x = torch.randint(4, (12, 15), generator=grade.rng)
        answer = grade.submission(logits, [x], 4, 5, 2, [1, 2], grade.guest_seed(), 1)
        y = tensor(sequence(answer, 1, "the logits")[0], (12, 4, 15), "the logits", largest=LARGEST)
        y = (y[:, 1:] - y[:, :1]).double()  # what is added to all logits of a time step says nothing
        cloud = y.movedim(1, 2).reshape(-1, 3)
        spread = torch.linalg.svdvals(cloud - cloud.mean(0))
        assert spread[1] < 1e-3 * spread[0] + TOLERANCE, (
            "with one skip channel there are more numbers than one between the two last convolutions"
        )


@points("1/5")
@limits(cpu_seconds=60, wall_seconds=180)
@hint("If the checks above pass, look at the skip outputs, the residual and the last layers.")
def test_learns_a_period(grade):
    """Trained for a few seconds on noisy periodic sequences, the network predicts the next symbol."""
    T = 48
    negated = whole(grade.rng, 0, 2)  # a rule that was written down instead of learned does not know this
    sequences, _ = periodic(grade, 500, T, negated)
    test, flipped = periodic(grade, 100, T, negated)
    grade.submission(train, sequences, grade.guest_seed())
    gaps = []
    for start in range(16, T, 4):  # what was sent so far never shows a symbol that is still to be scored
        t = start + torch.randint(4, (len(test), 1), generator=grade.rng)
        hidden = torch.arange(T) >= t
        x = [torch.where(hidden, torch.randint(2, test.shape, generator=grade.rng), test) for _ in range(2)]
        answer = grade.submission(trained_logits, torch.cat(x))
        y = tensor(answer, (2 * len(test), 2, T), "the logits after training", largest=LARGEST)
        y = y.gather(2, t.repeat(2, 1)[:, None].expand(-1, 2, 1))[..., 0].reshape(2, len(test), 2)
        leak = (y[0] - y[1]).abs().max() / (1 + (y - y.mean()).abs().max())
        assert leak < TOLERANCE, "after training the logits at t depend on the symbol at t or on later ones"
        best = torch.where(flipped.gather(1, t)[:, 0], -math.log(FLIP), -math.log(1 - FLIP))
        gaps.append(F.cross_entropy(y[0], test.gather(1, t)[:, 0]) - best.mean())
    gap = torch.stack(gaps).mean().item()
    assert gap < 0.4, "after training the network predicts the next symbol hardly better than a coin would"
    assert gap < 0.1, "after training the network is still far from the best possible prediction"
    assert gap > -0.05, "after training the predictions are better than the noise in the sequences allows"


def periodic(grade, n, T, negated):
    """Bits (n, T), each the one PERIOD steps before, or its negation, but for flips; and where the flips are."""
    x = torch.randint(2, (n, T), generator=grade.rng)
    flipped = torch.rand(n, T, generator=grade.rng) < FLIP
    for t in range(PERIOD, T):
        x[:, t] = x[:, t - PERIOD] ^ flipped[:, t] ^ negated
    return x, flipped
