"""Hidden checks of hw6/ncsn: the loss of a noise-conditional score network, and annealed Langevin dynamics.

Oracle   The loss row by row with the score written down here; the steps of the sampler composed here; on data at a
         single point the loss of the true score is zero. Finite differences for gradients.
Error    1e-12, gradients 1e-8; 1e-6 is allowed, 1e-5 for gradients.
Training Two Gaussians on a line with the weights 0.8 and 0.2, six apart, levels of noise from 5 to 0.2, 500 steps of a
         small network, 400 chains: the share at the smaller one is 0.230 +- 0.022, the energy distance to the data
         0.021 +- 0.027, at most 0.10 (12 seeds); it grows with the square of the error of the share.
Cost     about 1.5 s, nearly all in the training.
Rejects  every mistake in ncsn.mistakes.md.
"""

import torch
from torch import Tensor

from autograder.checking import Grade, hint, limits, points, probe, sequence, tensor

PROMISES = {
    "ncsn_loss": {
        "each weighted by its variance: ()": "loss",
        "Row b is disturbed by its own level sigma = sigmas[index[b]] of the L in sigmas (L,), with index (B,), long": (
            "loss, images"
        ),
        "the noisy point is x + sigma eps, x and the standard normal eps (B, ...)": "loss, images",
        "x, sigmas and eps have one dtype": "loss, images",
        "`score(x, sigma)` takes points (B, ...) and their levels (B,)": "loss, images",
        "the mean over the batch of sigma^2 / 2 times the squared distance": "loss, images, true_score",
        "the score of N(x, sigma^2 I) there, summed over coordinates": "loss, images, true_score",
        "It can be differentiated with respect to the parameters of the score.": "gradient, learns",
    },
    "annealed_langevin": {
        "Samples (B, ...) from Langevin dynamics at ever smaller noise levels, from the start x (B, ...).": (
            "chain, learns"
        ),
        "At level i, in the order of the falling sigmas (L,), n steps are taken": "chain",
        "(alpha / 2) score(x, sigma) + sqrt(alpha) eps with alpha = step_size sigmas[i]^2 / sigmas[-1]^2": "chain",
        "takes points (B, ...) and levels (B,), here all alike": "chain",
        "noise[i, k] is the eps of step k at level i": "chain",
        "Raises ValueError when some level is not below the one before it.": "order",
    },
}


@probe
def score(k: object, shapes: set) -> object:
    """k (sin(x) sigma - x), with the level of each row; the shapes of the levels are kept."""

    def value(x: object, sigma: object) -> object:
        shapes.add(str(list(sigma.shape)))
        return k * (torch.sin(x) * sigma.reshape(-1, *[1] * (x.dim() - 1)) - x)

    return value


@probe
def loss(student, k: float, x: Tensor, sigmas: Tensor, index: Tensor, eps: Tensor) -> list:
    """The loss, and the shapes of the levels that the score was given."""
    shapes = set()
    return [student.ncsn_loss(score(k, shapes), x, sigmas, index, eps), sorted(shapes)]


@probe
def loss_of_true_score(student, centre: Tensor, stretch: float, sigmas: Tensor, index: Tensor, eps: Tensor) -> Tensor:
    """All data lie at one point, and the score is `stretch` times the true one."""

    def true(x: object, sigma: object) -> object:
        return stretch * (centre - x) / sigma[:, None] ** 2

    return student.ncsn_loss(true, centre.expand(len(index), -1), sigmas, index, eps)


@probe
def slope(student, k: float, x: Tensor, sigmas: Tensor, index: Tensor, eps: Tensor) -> Tensor:
    k = torch.tensor(k, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(student.ncsn_loss(score(k, set()), x, sigmas, index, eps), k)[0]


@probe
def chain(student, k: float, x: Tensor, sigmas: Tensor, step_size: float, noise: Tensor) -> list:
    """The samples, and the shapes of the levels that the score was given."""
    shapes = set()
    return [student.annealed_langevin(score(k, shapes), x, sigmas, step_size, noise), sorted(shapes)]


@probe
def refusal(student, k: float, x: Tensor, sigmas: Tensor, step_size: float, noise: Tensor) -> str:
    try:
        student.annealed_langevin(score(k, set()), x, sigmas, step_size, noise)
    except Exception as raised:
        return type(raised).__name__
    return "nothing"


@probe
def trained_samples(
    student, x: Tensor, sigmas: Tensor, steps: int, start: Tensor, step_size: float, noise: Tensor, seed
):
    """Train a score network on x, and follow the chains of the trained network."""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(2, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 1))

    def model(x: object, sigma: object) -> object:
        return net(torch.cat([x, sigma[:, None].log()], 1)) / sigma[:, None]

    adam = torch.optim.Adam(net.parameters(), lr=5e-3)
    for step in range(steps):
        adam.param_groups[0]["lr"] = 5e-3 * min(1, 2 * (1 - step / steps))
        rows = torch.randint(len(x), (256,))
        index = torch.randint(len(sigmas), (256,))
        value = student.ncsn_loss(model, x[rows], sigmas, index, torch.randn(256, 1))
        adam.zero_grad()
        value.backward()
        adam.step()
    with torch.no_grad():
        return student.annealed_langevin(model, start, sigmas, step_size, noise)


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def uniform(rng: torch.Generator, low: float, high: float) -> float:
    return low + (high - low) * torch.rand(1, generator=rng, dtype=torch.float64).item()


def ladder(rng: torch.Generator, L: int) -> Tensor:
    """Falling levels between about 2 and 0.3, at unequal ratios."""
    ratios = 0.5 + 0.3 * torch.rand(L - 1, generator=rng, dtype=torch.float64)
    return uniform(rng, 1.5, 2.0) * torch.cat([torch.ones(1).double(), ratios.cumprod(0)])


def cases(rng: torch.Generator, *shapes: tuple) -> list[tuple]:
    """(k, x, sigmas, index, eps) for each shape of x."""
    return [
        (
            uniform(rng, 0.5, 1.5),
            normal(rng, *shape),
            ladder(rng, 4),
            torch.randint(4, shape[:1], generator=rng),
            normal(rng, *shape),
        )
        for shape in shapes
    ]


def true_loss(k: float, x: Tensor, sigmas: Tensor, index: Tensor, eps: Tensor) -> float:
    """Row by row."""
    total = 0.0
    for row, i, noise in zip(x, index.tolist(), eps, strict=True):
        sigma = sigmas[i].item()
        at = row + sigma * noise
        s = k * (torch.sin(at) * sigma - at)
        total += sigma**2 / 2 * float((s - (row - at) / sigma**2).square().sum())
    return total / len(x)


def near(answer: float, true: float, tolerance: float = 1e-6) -> bool:
    return abs(answer - true) < tolerance * (1 + abs(true))


def with_levels(answer: object, n: int, what: str) -> object:
    """What was answered, once the score was given levels of shape (n,) each time."""
    found, shapes = sequence(answer, 2, what)
    assert shapes == [str([n])], "score should be given one level for each point, of shape (B,)"
    return found


def loss_of(grade: Grade, case: tuple) -> float:
    answer = with_levels(grade.submission(loss, *case), len(case[1]), "the result of ncsn_loss")
    return tensor(answer, (), "the result of ncsn_loss").item()


@points("3/20")
@hint("For every row: the target is (x - noisy) / sigma^2; half the squared distance; times sigma^2; then the mean.")
def test_loss(grade: Grade) -> None:
    """The loss is that of its definition, with a level of its own for every row."""
    for case in cases(grade.rng, (6, 3), (4, 4), (1, 2)):
        assert near(loss_of(grade, case), true_loss(*case)), "ncsn_loss is not right"


@points("1/10")
@hint("sigma (B,) has to become (B, 1, 1, 1) before it meets images.")
def test_images(grade: Grade) -> None:
    """Images are points too, also as many of them as they are wide."""
    for case in cases(grade.rng, (5, 1, 3, 3), (4, 2, 4, 4)):
        assert near(loss_of(grade, case), true_loss(*case)), "ncsn_loss is not right for images"


@points("3/20")
@hint("At the true score of the noisy data nothing is left. Is the sign of the target right, and its power of sigma?")
def test_true_score(grade: Grade) -> None:
    """With all data at one point the true score has the loss 0, and a stretched one loses what it must."""
    sigmas, index = ladder(grade.rng, 4), torch.randint(4, (6,), generator=grade.rng)
    centre, eps, stretch = normal(grade.rng, 3), normal(grade.rng, 6, 3), uniform(grade.rng, 0.2, 0.8)
    for factor, left in ((1.0, 0.0), (stretch, (1 - stretch) ** 2)):
        answer = grade.submission(loss_of_true_score, centre, factor, sigmas, index, eps)
        truth = left * eps.square().sum().item() / 12
        found = tensor(answer, (), "the result of ncsn_loss").item()
        assert near(found, truth), "ncsn_loss is not right where the true score is known"


@points("1/10")
@hint("The loss is made of torch operations from the score on; nothing is detached.")
def test_gradient(grade: Grade) -> None:
    """The loss can be differentiated with respect to the parameters of the score."""
    for case in cases(grade.rng, (6, 3)):
        k, rest, step = case[0], case[1:], 1e-5
        found = tensor(grade.submission(slope, *case), (), "the gradient of ncsn_loss").item()
        truth = (true_loss(k + step, *rest) - true_loss(k - step, *rest)) / (2 * step)
        assert near(found, truth, 1e-5), "the gradient of ncsn_loss is not right"


@points("3/10")
@hint("For each level alpha is computed anew, in proportion to sigma^2; the last level has alpha = step_size.")
def test_chain(grade: Grade) -> None:
    """Every step at every level is that of the algorithm."""
    for shape in ((5, 2), (3, 1, 3, 3)):
        k, step_size, sigmas = uniform(grade.rng, 0.2, 0.6), uniform(grade.rng, 0.01, 0.04), ladder(grade.rng, 3)
        start, noise = normal(grade.rng, *shape), normal(grade.rng, 3, 4, *shape)
        answer = with_levels(grade.submission(chain, k, start, sigmas, step_size, noise), shape[0], "the samples")
        found = tensor(answer, shape, "the samples")
        x, lowest = start, sigmas[-1].item()
        for sigma, level in zip(sigmas.tolist(), noise, strict=True):
            alpha = step_size * sigma**2 / lowest**2
            for eps in level:
                x = x + alpha / 2 * k * (torch.sin(x) * sigma - x) + alpha**0.5 * eps
        assert (found - x).abs().max() < 1e-6 * (1 + x.abs().max()), "annealed_langevin is not right"


@points("1/10")
@hint("Noise that grows, or stays, is no annealing: raise ValueError.")
def test_order(grade: Grade) -> None:
    """Levels that do not fall are refused; levels that fall are not."""
    sigmas, x, noise = ladder(grade.rng, 3), normal(grade.rng, 2, 2), normal(grade.rng, 3, 1, 2, 2)
    for wrong in (sigmas.flip(0), sigmas[[0, 2, 1]], sigmas[[0, 1, 1]]):
        raised = grade.submission(refusal, 1.0, x, wrong, 0.01, noise)
        assert raised == "ValueError", "levels that do not fall should raise ValueError"
    assert grade.submission(refusal, 1.0, x, sigmas, 0.01, noise) == "nothing", "levels that fall should not be refused"


@points("1/10")
@limits(cpu_seconds=40, wall_seconds=200)
@hint("If the checks above pass: do loss and sampler work in float32, and with one coordinate?")
def test_learns(grade: Grade) -> None:
    """Trained for a second, the chains find two far clusters with the right shares."""
    side = 1 if uniform(grade.rng, 0, 1) < 0.5 else -1
    x, kept = (clusters(grade.rng, n, side) for n in (4000, 1000))
    sigmas = torch.logspace(0.7, -0.7, 8)
    start, noise = 5 * normal(grade.rng, 400, 1), normal(grade.rng, 8, 20, 400, 1)
    answer = grade.submission(
        trained_samples, x.float(), sigmas, 500, start.float(), 0.02, noise.float(), grade.guest_seed()
    )
    found = tensor(answer, (400, 1), "the samples after training")
    share = (found * side < 0).double().mean().item()
    assert 0.08 < share < 0.36, "after training the two clusters do not have their shares"
    distance = energy_distance(found[:, 0], kept[:, 0])
    assert distance < 0.25, "after training the samples do not look like the data"


def clusters(rng: torch.Generator, n: int, side: int) -> Tensor:
    """80 % at 3 side, 20 % at -3 side, each with the standard deviation 0.5."""
    right = torch.rand(n, 1, generator=rng, dtype=torch.float64) < 0.8
    return side * torch.where(right, 3.0, -3.0) + 0.5 * normal(rng, n, 1)


def energy_distance(x: Tensor, y: Tensor) -> float:
    """2 E|x - y| - E|x - x'| - E|y - y'|; zero for equal distributions only (Szekely and Rizzo, 2013)."""

    def apart(a: Tensor, b: Tensor) -> float:
        return (a[:, None] - b).abs().mean().item()

    return 2 * apart(x, y) - apart(x, x) - apart(y, y)
