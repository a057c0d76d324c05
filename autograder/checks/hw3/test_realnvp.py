"""Hidden checks of hw3/realnvp: couplings in turn (Dinh et al., 2017, arXiv:1605.08803), and what they can learn.

Oracle   Which outputs depend on which inputs, and how: by differences of the raw outputs. The log-determinant is that
         of the outputs' Jacobian by central differences at generic points and parameters. After training on a
         curved strip, whose density the judge knows, the log-density of further points is held against that truth:
         nobody can be better, and a right flow comes close.
Forging  A model of another kind would have to be a density as well as a map: at points among the others log_prob must
         be what the map's Jacobian says, and the mass on a grid, asked in the same batch, must be 1.
Error    Differences 1e-7; 1e-4 is allowed.
Training 250 steps. log p(x) of the truth minus that of the flow, mean over new data: 0.05 +- 0.05 nats for two hidden
         layers of ReLUs, 0.19 +- 0.10 for one, 0.06 to 0.09 +- 0.02 to 0.08 for two with tanh, SiLU or three with
         LeakyReLU (10 seeds each, none above 0.28); three with sigmoids, which are excluded, 0.55 +- 0.14; a
         Gaussian's is 1.1. Between 0.6 and that nothing right was seen.
Cost     about 4 s, nearly all of it in training.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Grade, hint, limits, points, probe, sequence, tensor
from autograder.judging.instruments import near, normal

PROMISES = {
    "checkerboard_masks": {
        "Boolean masks (n_layers, height * width) for flattened images, each the complement of the one before": "masks",
        "Two neighbours in a row or in a column always differ": "masks",
        "In the first mask the upper left corner is True": "masks",
    },
    "RealNVP": {
        "A flow of K affine couplings on vectors x (B, D): `AffineCoupling` layers in a `Flow`": (
            "turns, density, training"
        ),
        "masks (K, D) holds the masks of the layers, in the order of `forward`": "turns",
        "every layer keeps some coordinates and changes some": "turns",
        "Each layer has a small network of its own with `hidden` units in every hidden layer": "start",
        "any nonlinearity but sigmoids, which learn too little in a few seconds of training": "training",
        "Its last layer starts at zero, so that an untrained flow is the identity": "start",
        "Points x (B, D) made from standard normal noise z (B, D): the x with forward(x) = z, without a "
        "gradient": "samples",
    },
}


@probe
def masks_of(student, sizes):
    return [student.checkerboard_masks(*size) for size in sizes]


@probe
def flow_of(student, masks, hidden, seed, size):
    """A flow in float64, its parameters moved at random."""
    torch.manual_seed(seed)
    flow = student.RealNVP(masks, hidden).double()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in flow.parameters():
            scale = size * max(parameter[:1].numel(), 1) ** -0.5 if parameter.dim() > 1 else 0.3 * size
            parameter.add_(scale * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return flow


@probe
def asked(student, settings, method, x):
    with torch.no_grad():
        return getattr(flow_of(student, *settings), method)(x)


@probe
def drawn(student, settings, z):
    """Samples, and whether they still carry a gradient."""
    x = flow_of(student, *settings).sample(z)
    return x, x.requires_grad


@probe
def sizes_of(student, cases):
    flows = [student.RealNVP(masks, hidden) for masks, hidden in cases]
    return [sum(p.numel() for p in flow.parameters() if p.requires_grad) for flow in flows]


@probe
def train(student, x, masks, hidden, steps, batch, learning_rate, seed):
    """Train a flow; it stays with the student's class, where `trained` finds it."""
    torch.manual_seed(seed)
    flow = student.RealNVP(masks, hidden)
    optimizer = torch.optim.Adam(flow.parameters(), lr=learning_rate)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = learning_rate * min(1, 2 * (1 - step / steps))
        optimizer.zero_grad()
        (-flow.log_prob(x[torch.randint(len(x), (batch,))]).mean()).backward()
        torch.nn.utils.clip_grad_norm_(flow.parameters(), 5.0)
        optimizer.step()
    student.RealNVP.trained = flow.double()


@probe
def trained(student, x):
    with torch.no_grad():
        flow = student.RealNVP.trained
        return flow.log_prob(x), flow(x)[0]


def z_of(grade: Grade, settings: list, x: Tensor) -> tuple[Tensor, Tensor]:
    answer = sequence(grade.submission(asked, settings, "forward", x), 2, "what forward returns")
    return tensor(answer[0], tuple(x.shape), "z of forward"), tensor(answer[1], (len(x),), "the log-determinant")


def masks_for(rng: torch.Generator, K: int, D: int) -> Tensor:
    """Masks that keep some coordinates and change some; each changes what the one before kept."""
    first = torch.randperm(D, generator=rng) < max(1, D // 2)
    return torch.stack([first ^ bool(k % 2) for k in range(K)])


TURN = torch.tensor([[0.8, 0.6], [-0.6, 0.8]], dtype=torch.float64)


def strip(rng: torch.Generator, n: int) -> Tensor:
    """A curved strip, turned so that neither coordinate is Gaussian given the other: points (n, 2)."""
    first, second = normal(rng, n, 2).unbind(1)
    return torch.stack([first, 0.8 * (first.square() - 1) + 0.4 * second], 1) @ TURN


def strip_log_prob(x: Tensor) -> Tensor:
    first, other = (x @ TURN.T).unbind(1)
    second = (other - 0.8 * (first.square() - 1)) / 0.4
    return -0.5 * (first.square() + second.square()) - math.log(2 * math.pi * 0.4)


@points("1/5")
@hint("Row plus column, even or odd. Each mask is `~` of the one before.")
def test_masks(grade):
    """Checkerboards take turns."""
    sizes = [[3, 4, 5], [1, 2, 3], [14, 14, 2], [5, 1, 1]]
    for (H, W, K), answer in zip(sizes, sequence(grade.submission(masks_of, sizes), 4, "the masks"), strict=True):
        boolean = isinstance(answer, Tensor) and answer.dtype == torch.bool
        assert boolean, "checkerboard_masks does not return a boolean tensor"
        masks = tensor(answer, (K, H * W), "the result of checkerboard_masks").bool().view(K, H, W)
        assert masks[0, 0, 0], "in the first mask the upper left corner is not True"
        sides = (masks[:, 1:] ^ masks[:, :-1]).all() and (masks[:, :, 1:] ^ masks[:, :, :-1]).all()
        assert sides, "two neighbours in a row or in a column are alike"
        assert (masks[1:] ^ masks[:-1]).all(), "a mask is not the complement of the one before"


@points("1/10")
@hint("Zero weights and biases in the last layer of every network; one network for every layer.")
def test_start(grade):
    """A fresh flow is the identity; every layer has a network of its own, and `hidden` is its width."""
    rng = grade.rng
    for K, D in ((4, 5), (3, 2)):
        masks, x = masks_for(rng, K, D), normal(rng, 3, D)
        settings = [masks, 8, grade.guest_seed(), 0.0]
        z, log_det = z_of(grade, settings, x)
        assert near(z, x, 1e-6) and near(log_det, torch.zeros(3), 1e-6), "an untrained flow is not the identity"
        moved, _ = z_of(grade, [*settings[:3], 0.5], x)
        assert (moved - x).abs().max() > 1e-3, "the flow stays the identity when its parameters change"
        cases = [[masks[:2], 8], [masks[:2].repeat(2, 1), 8], [masks[:2], 24]]
        one, two, wide = sequence(grade.submission(sizes_of, cases), 3, "the numbers of parameters")
        assert tensor(two, (), "a number") == 2 * tensor(one, (), "a number"), "not every layer has its own network"
        assert tensor(wide, (), "a number") > tensor(one, (), "a number"), "`hidden` does not make the networks wider"


@points("3/20")
@hint("The first mask belongs to the first layer of forward. True means: kept.")
def test_turns(grade):
    """Every layer keeps what its mask says, in the order of `forward`."""
    rng = grade.rng
    for D in (2, 5):
        masks, x = masks_for(rng, 1, D), normal(rng, 4, D)
        z, _ = z_of(grade, [masks, 8, grade.guest_seed(), 1.0], x)
        assert near(z[:, masks[0]], x[:, masks[0]], 1e-6), "one layer does not keep what its mask says"
        assert ((z - x)[:, ~masks[0]].abs() > 1e-6).any(), "one layer does not change what its mask leaves free"
    masks = torch.tensor([[True, False, False], [False, True, False]])
    # Coordinate 1 is changed by the first layer alone: it is a straight line in x_1, and does not depend on x_2.
    x = normal(rng, 5, 3)
    step, settings = 3 * torch.eye(3, dtype=torch.float64), [masks, 8, grade.guest_seed(), 1.5]
    z, _ = z_of(grade, settings, torch.cat([x, x + step[1], x - step[1], x + step[2]]))
    here, up, down, other = z[:, 1].split(5)
    assert near(up + down, 2 * here, 1e-6), "the masks are not used in the order of forward"
    assert near(other, here, 1e-6), "a coordinate depends on one that no layer shows to it"
    here, up, down, _ = z[:, 0].split(5)
    assert not near(up + down, 2 * here, 1e-6), "the second layer does not see what the first one changed"
    here, up, _, _ = z[:, 2].split(5)  # free in both layers; x_1 gets there through the second one
    assert not near(up, here, 1e-6), "the second layer does not change all that its mask leaves free"


@points("1/5")
@hint("It is all in the layers and in the Flow that holds them.")
def test_density(grade):
    """`log_prob` is the log-density of the map: differences of z say how much it stretches."""
    rng, h = grade.rng, 1e-7  # so small that hardly any kink of a network lies between two points
    for K, D, B in ((4, 2, 5), (3, 5, 3), (1, 3, 2)):
        settings, x = [masks_for(rng, K, D), 8, grade.guest_seed(), 0.8], normal(rng, B, D)
        steps = [sign * h * row for row in torch.eye(D, dtype=torch.float64) for sign in (1, -1)]
        rows = torch.cat([x, *(x + step for step in steps)])
        order = torch.randperm(len(rows), generator=rng)  # a map of x, and not of the place in a batch
        z, log_det = (part[order.argsort()] for part in z_of(grade, settings, rows[order]))
        columns = [(up - down) / (2 * h) for up, down in zip(z[B:].split(B)[::2], z[B:].split(B)[1::2], strict=True)]
        truth = torch.linalg.slogdet(torch.stack(columns, -1)).logabsdet
        assert near(log_det[:B], truth), "the log-determinant is not that of the map"
        assert truth.abs().max() > 1e-3, "when its parameters move, the flow still neither stretches nor shrinks"
        grade.fresh_session()
        answer = tensor(grade.submission(asked, settings, "log_prob", x), (B,), "the result of log_prob")
        base = (-0.5 * z[:B].square() - 0.5 * math.log(2 * math.pi)).sum(1)
        assert near(answer, base + truth), "log_prob is not the log-density of x"


@points("1/20")
@hint("The way back of the flow, under no_grad.")
def test_samples(grade):
    """`sample` gives the x with forward(x) = z, without a gradient."""
    for K, D in ((4, 2), (3, 5)):
        settings, z = [masks_for(grade.rng, K, D), 8, grade.guest_seed(), 0.8], normal(grade.rng, 6, D)
        x, carries = sequence(grade.submission(drawn, settings, z), 2, "what sample returns")
        x = tensor(x, (6, D), "the result of sample")
        assert (x - z).abs().max() > 1e-3, "sample gives the noise back"
        grade.fresh_session()
        assert near(z_of(grade, settings, x)[0], z, 1e-5), "forward(sample(z)) is not z"
        assert carries is False, "samples carry a gradient"


@points("3/10")
@hint("Do the masks take turns, are all networks registered, and is log_prob right?")
@limits(cpu_seconds=40)
def test_training(grade):
    """Trained on a curved strip, the flow comes close to the true density, and is a density."""
    rng = grade.rng
    masks = torch.tensor([[True, False], [False, True]]).repeat(2, 1)
    grade.submission(train, strip(rng, 6000).float(), masks, 32, 250, 128, 8e-3, grade.guest_seed())
    x, n, h = strip(rng, 4000), 161, 1e-4
    line = torch.linspace(-8, 8, n, dtype=torch.float64)
    grid, some = torch.cartesian_prod(line, line), x[:200]
    steps = [sign * h * row for row in torch.eye(2, dtype=torch.float64) for sign in (1, -1)]
    everything = torch.cat([x, grid, *(some + step for step in steps)])
    order = torch.randperm(len(everything), generator=rng)
    answer = sequence(grade.submission(trained, everything[order]), 2, "what the trained flow gives")
    back = order.argsort()
    log_prob = tensor(answer[0], (len(everything),), "log_prob of the trained flow")[back]
    z = tensor(answer[1], (len(everything), 2), "z of the trained flow")[back]
    mass = (log_prob[len(x) :][: len(grid)].exp().sum() * (line[1] - line[0]) ** 2).item()
    assert 0.95 < mass < 1.02, "the trained density does not have mass 1"
    right, left, up, down = z[len(x) + len(grid) :].split(len(some))
    J = torch.stack([(right - left) / (2 * h), (up - down) / (2 * h)], -1)
    base = (-0.5 * z[: len(some)].square() - 0.5 * math.log(2 * math.pi)).sum(1)
    off = (base + torch.linalg.slogdet(J).logabsdet - log_prob[: len(some)]).abs().median()
    assert off < 1e-3, "log_prob of the trained flow is not the log-density of its map"
    gap = (strip_log_prob(x) - log_prob[: len(x)]).mean().item()
    assert gap > -0.02, "the trained flow is better than the truth, which no density can be"
    assert gap < 0.6, "the trained flow is far from the density of the data"
