"""Hidden checks of hw6/ddpm: the simple loss, the sampler, and the score behind the predicted noise.

Oracle   Models that know the answer: one that knows the clean point, with which a step is Bayes' rule on a grid and the
         whole chain ends at that point; affine models, with which the chain is a linear recursion written here from
         precisions. Tweedie's formula against Bayes on a grid, the score against autograd of log q.
Error    1e-9; 1e-6 is allowed.
Training Two Gaussians on a line, T = 40, 500 steps of a small network: the energy distance of 600 samples to new data
         is 0.010 +- 0.006 (mean and sd over 12 seeds), the share of the smaller cluster 0.299 +- 0.026.
Cost     about 1.5 s, nearly all in the training.
Rejects  every mistake in ddpm.mistakes.md.
"""

import torch
from torch import Tensor

from autograder.checking import Grade, hint, limits, points, probe, tensor

PROMISES = {
    "ddpm_loss": {
        "the squared error of the predicted noise, a mean over batch and coordinates, ()": "loss",
        "x0 (B, ...) are clean points, t (B,) in 1..T their steps, eps (B, ...) is the standard normal noise in x_t": (
            "loss, images"
        ),
        "It can be differentiated with respect to the parameters of the model.": "gradient, learns",
    },
    "p_sample": {
        "One step of the sampler, from x_t (B, ...) at the number t in 1..T to x_{t-1} (B, ...).": "step, images",
        "the step draws from q(x_{t-1} | x_t, x0) with that guess in the place of x0, its mean and its variance": (
            "step"
        ),
        "with the standard normal noise (B, ...)": "step, images",
        "At t = 1 the result is the guess itself.": "last_step",
    },
    "sample": {
        "all states (T + 1, B, ...), index t holding x_t": "chain",
        "So entry 0 is the sample and entry T is x_end.": "chain",
        "noise[t - 1] is for the step from x_t to x_{t-1}": "chain",
        "No graph is kept.": "no_graph",
    },
    "eps_to_score": {
        "The score of q(x_t | x_0) at x_t, for the noise eps (B, ...) in x_t and t (B,) in 1..T: (B, ...).": "score",
        "it is the guess of grad log q(x_t)": "score",
    },
    "tweedie": {
        "The mean of x_0 given x_t, E[x_0 | x_t], from x_t (B, ...) and grad log q(x_t) (B, ...)": "tweedie",
        "for t (B,) in 1..T": "tweedie",
    },
}


@probe
def affine(k: object, c: float) -> object:
    """A guess of the noise that depends on the point, and on the step t (B,) of its own row."""
    return lambda xt, t: k * xt + c * t[(slice(None), *[None] * (xt.dim() - 1))] / 10


@probe
def network(k: float, c: float) -> object:
    """The same as a network with the parameter k."""

    class Affine(nn.Module):
        def __init__(self):
            super().__init__()
            self.k = nn.Parameter(torch.tensor(k, dtype=torch.float64))

        def forward(self, xt, t):
            return affine(self.k, c)(xt, t)

    return Affine()


@probe
def knows(x0: Tensor, bars: Tensor) -> object:
    """The model that knows the clean points."""

    def model(xt: object, t: object) -> object:
        bar = bars[t].reshape(-1, *[1] * (xt.dim() - 1))
        return (xt - bar.sqrt() * x0) / (1 - bar).sqrt()

    return model


@probe
def loss(student, k: float, c: float, x0: Tensor, t: Tensor, eps: Tensor, bars: Tensor) -> Tensor:
    return student.ddpm_loss(affine(k, c), x0, t, eps, bars)


@probe
def loss_of_who_knows(student, share: float, x0: Tensor, t: Tensor, eps: Tensor, bars: Tensor) -> Tensor:
    """Guessing `share` times the noise that is really there."""
    return student.ddpm_loss(lambda xt, s: share * knows(x0, bars)(xt, s), x0, t, eps, bars)


@probe
def slope(student, k: float, c: float, x0: Tensor, t: Tensor, eps: Tensor, bars: Tensor) -> Tensor:
    k = torch.tensor(k, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(student.ddpm_loss(affine(k, c), x0, t, eps, bars), k)[0]


@probe
def step_of_who_knows(student, x0: Tensor, xt: Tensor, t: int, noise: Tensor, bars: Tensor) -> Tensor:
    return student.p_sample(knows(x0, bars), xt, t, noise, bars)


@probe
def one_step(student, k: float, c: float, xt: Tensor, t: int, noise: Tensor, bars: Tensor) -> Tensor:
    return student.p_sample(affine(k, c), xt, t, noise, bars)


@probe
def chain_of_who_knows(student, x0: Tensor, x_end: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    return student.sample(knows(x0, bars), x_end, noise, bars)


@probe
def chain(student, k: float, c: float, x_end: Tensor, noise: Tensor, bars: Tensor) -> list:
    """The path, and whether it hangs in a graph although the model has a parameter."""
    path = student.sample(network(k, c), x_end, noise, bars)
    return [path, bool(path.requires_grad)]


@probe
def score_of(student, eps: Tensor, t: Tensor, bars: Tensor) -> Tensor:
    return student.eps_to_score(eps, t, bars)


@probe
def denoised(student, xt: Tensor, score: Tensor, t: Tensor, bars: Tensor) -> Tensor:
    return student.tweedie(xt, score, t, bars)


@probe
def trained_samples(student, x: Tensor, bars: Tensor, steps: int, x_end: Tensor, noise: Tensor, seed: int) -> Tensor:
    """Train a network on x, and sample with it."""
    torch.manual_seed(seed)
    T = len(bars) - 1
    net = nn.Sequential(nn.Linear(3, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))

    def model(xt: object, t: object) -> object:
        time = t[:, None].to(xt) / T
        return net(torch.cat([xt, time, torch.sin(3 * time)], 1))

    adam = torch.optim.Adam(net.parameters(), lr=5e-3)
    for step in range(steps):
        adam.param_groups[0]["lr"] = 5e-3 * min(1, 2 * (1 - step / steps))
        rows, t = torch.randint(len(x), (256,)), torch.randint(1, T + 1, (256,))
        value = student.ddpm_loss(model, x[rows], t, torch.randn(256, 1), bars)
        adam.zero_grad()
        value.backward()
        adam.step()
    return student.sample(model, x_end, noise, bars)[0]


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def uniform(rng: torch.Generator, low: float, high: float) -> float:
    return low + (high - low) * torch.rand(1, generator=rng, dtype=torch.float64).item()


def random_bars(rng: torch.Generator, T: int) -> Tensor:
    """A schedule of no particular form: each alpha between 0.5 and 0.95."""
    alphas = 0.5 + 0.45 * torch.rand(T, generator=rng, dtype=torch.float64)
    return torch.cat([torch.ones(1, dtype=torch.float64), alphas.cumprod(0)])


def wide(values: Tensor, like: Tensor) -> Tensor:
    return values.reshape(-1, *[1] * (like.dim() - 1))


def true_loss(k: float, c: float, x0: Tensor, t: Tensor, eps: Tensor, bars: Tensor) -> float:
    bar = wide(bars[t], x0)
    xt = bar.sqrt() * x0 + (1 - bar).sqrt() * eps
    return float((k * xt + c * wide(t, x0) / 10 - eps).square().mean())


def true_step(k: float, c: float, xt: Tensor, t: int, noise: Tensor, bars: Tensor) -> Tensor:
    """The guess of x0, then the product of the two Gaussians in x_{t-1}, whose precisions add."""
    guess = (xt - (1 - bars[t]).sqrt() * (k * xt + c * t / 10)) / bars[t].sqrt()
    if t == 1:
        return guess
    alpha, before = bars[t] / bars[t - 1], bars[t - 1]
    one, two = 1 / (1 - before), alpha / (1 - alpha)
    return (one * before.sqrt() * guess + two * xt / alpha.sqrt()) / (one + two) + noise / (one + two).sqrt()


def loss_case(rng: torch.Generator, *shape: int) -> tuple:
    x0, eps = normal(rng, *shape), normal(rng, *shape)
    t = 1 + torch.randint(6, shape[:1], generator=rng)
    return uniform(rng, 0.3, 0.8), uniform(rng, 0.5, 1.5), x0, t, eps, random_bars(rng, 6)


def near(answer: Tensor, truth: Tensor, tolerance: float = 1e-6) -> bool:
    return bool((answer - truth).abs().max() < tolerance * (1 + truth.abs().max()))


@points("3/25")
@hint("The model sees x_t and t, and guesses eps; the squared error is averaged over everything.")
def test_loss(grade: Grade) -> None:
    """The loss is the mean squared error of the guessed noise, at the noisy points."""
    for shape in ((6, 3), (3, 3), (1, 2)):
        case = loss_case(grade.rng, *shape)
        found = tensor(grade.submission(loss, *case), (), "the result of ddpm_loss").item()
        assert abs(found - true_loss(*case)) < 1e-6 * (1 + found), "ddpm_loss is not right"
        share = uniform(grade.rng, 0.3, 0.7)
        for part in (1.0, share):
            answer = tensor(grade.submission(loss_of_who_knows, part, *case[2:]), (), "the result of ddpm_loss").item()
            left = (1 - part) ** 2 * case[4].square().mean().item()
            assert abs(answer - left) < 1e-6, "ddpm_loss is not right for a model that knows the clean point"


@points("2/25")
@hint("Nothing between the model and the loss is detached.")
def test_gradient(grade: Grade) -> None:
    """The loss can be differentiated with respect to the parameters of the model."""
    k, *rest = loss_case(grade.rng, 6, 3)
    found = tensor(grade.submission(slope, k, *rest), (), "the gradient of ddpm_loss").item()
    truth = (true_loss(k + 1e-5, *rest) - true_loss(k - 1e-5, *rest)) / 2e-5
    assert abs(found - truth) < 1e-5 * (1 + abs(truth)), "the gradient of ddpm_loss is not right"


@points("1/5")
@hint("First the guess of x0, then the posterior with it: its mean, and the root of its variance times the noise.")
def test_step(grade: Grade) -> None:
    """A step draws from q(x_{t-1} | x_t, x0) with the guessed x0."""
    bars, x = random_bars(grade.rng, 6), torch.linspace(-12, 12, 40_001, dtype=torch.float64)
    for t in (2, int(torch.randint(3, 6, (), generator=grade.rng)), 6):
        x0, xt = normal(grade.rng, 1, 1), normal(grade.rng, 1, 1)
        low, high = (
            tensor(
                grade.submission(step_of_who_knows, x0, xt, t, torch.full((1, 1), e, dtype=torch.float64), bars),
                (1, 1),
                "the result of p_sample",
            ).item()
            for e in (-1.0, 1.0)
        )
        alpha, before = bars[t] / bars[t - 1], bars[t - 1]
        log_w = -((xt[0] - alpha.sqrt() * x) ** 2) / (2 * (1 - alpha)) - (x - before.sqrt() * x0[0]) ** 2 / (
            2 * (1 - before)
        )
        w = log_w.softmax(0)
        mean = (w * x).sum()
        assert abs((low + high) / 2 - mean) < 1e-6, "the mean of a step is not that of Bayes' rule"
        std = (w * (x - mean) ** 2).sum().sqrt()
        assert abs((high - low) / 2 - std) < 1e-6, "the noise of a step does not have the variance of Bayes' rule"


@points("2/25")
@hint("The same number t for all rows, as a tensor (B,) for the model; the noise has the shape of the images.")
def test_images(grade: Grade) -> None:
    """Loss and step work on images."""
    for shape in ((4, 1, 4, 4), (3, 2, 5, 3)):
        case = loss_case(grade.rng, *shape)
        found = tensor(grade.submission(loss, *case), (), "the result of ddpm_loss").item()
        assert abs(found - true_loss(*case)) < 1e-6 * (1 + found), "ddpm_loss is not right for images"
        k, c, xt, _, noise, bars = case
        for t in (1, 4):
            answer = tensor(grade.submission(one_step, k, c, xt, t, noise, bars), shape, "the result of p_sample")
            assert near(answer, true_step(k, c, xt, t, noise, bars)), "p_sample is not right for images"


@points("2/25")
@hint("q(x_0 | x_1, x_0) has no variance: nothing is added at t = 1.")
def test_last_step(grade: Grade) -> None:
    """At t = 1 the result is the guess of x0, without noise."""
    k, c, xt, _, noise, bars = loss_case(grade.rng, 5, 2)
    answer = tensor(grade.submission(one_step, k, c, xt, 1, noise, bars), (5, 2), "the result of p_sample")
    assert near(answer, true_step(k, c, xt, 1, noise, bars)), "at t = 1 the result of p_sample is not the guess of x0"


@points("3/25")
@hint("From T down to 1, and stored so that index t holds x_t. Which noise belongs to which step?")
def test_chain(grade: Grade) -> None:
    """The chain takes the step of every t with its own noise, and ends at the clean point if the model knows it."""
    for T in (5, 1):
        bars, x0 = random_bars(grade.rng, T), normal(grade.rng, 4, 2)
        x_end, noise = normal(grade.rng, 4, 2), normal(grade.rng, T, 4, 2)
        answer = grade.submission(chain_of_who_knows, x0, x_end, noise, bars)
        path = tensor(answer, (T + 1, 4, 2), "the result of sample")
        assert torch.equal(path[T], x_end), "entry T of the chain is not x_end"
        assert near(path[0], x0), "with a model that knows the clean point the chain does not end there"
        k, c = uniform(grade.rng, 0.3, 0.8), uniform(grade.rng, 0.5, 1.5)
        answer = grade.submission(chain, k, c, x_end, noise, bars)
        path = tensor(
            answer[0] if isinstance(answer, list) and answer else answer, (T + 1, 4, 2), "the result of sample"
        )
        truth = [x_end]
        for t in range(T, 0, -1):
            truth.insert(0, true_step(k, c, truth[0], t, noise[t - 1], bars))
        assert near(path, torch.stack(truth)), "a state of the chain is not right"


@points("1/25")
@hint("Sampling needs no gradients: with torch.no_grad().")
def test_no_graph(grade: Grade) -> None:
    """`sample` keeps no graph, although the model has parameters."""
    bars, x_end, noise = random_bars(grade.rng, 3), normal(grade.rng, 4, 2), normal(grade.rng, 3, 4, 2)
    answer = grade.submission(chain, 0.5, 1.0, x_end, noise, bars)
    assert isinstance(answer, list) and len(answer) == 2, "sample should return a tensor"
    path = tensor(answer[0], (4, 4, 2), "the result of sample")
    assert near(path[2], true_step(0.5, 1.0, x_end, 3, noise[2], bars)), "a state of the chain is not right"
    assert answer[1] is False, "sample should keep no graph"


@points("3/25")
@hint("log q(x_t | x_0) is a Gaussian in x_t: its gradient, with x_t written by x_0 and eps.")
def test_score(grade: Grade) -> None:
    """`eps_to_score` is the gradient of log q(x_t | x_0)."""
    for shape in ((5, 2), (4, 1, 4, 4)):
        bars, t = random_bars(grade.rng, 6), 1 + torch.randint(6, shape[:1], generator=grade.rng)
        x0, eps = normal(grade.rng, *shape), normal(grade.rng, *shape)
        bar = wide(bars[t], x0)
        xt = (bar.sqrt() * x0 + (1 - bar).sqrt() * eps).requires_grad_()
        log_q = -((xt - bar.sqrt() * x0) ** 2 / (2 * (1 - bar))).sum()
        (truth,) = torch.autograd.grad(log_q, xt)
        answer = tensor(grade.submission(score_of, eps, t, bars), shape, "the result of eps_to_score")
        assert near(answer, truth), "eps_to_score is not the score of q(x_t | x_0)"


@points("3/25")
@hint("Write E[x_0 | x_t] for Gaussian data, and compare with x_t and the score: which factor does the score need?")
def test_tweedie(grade: Grade) -> None:
    """`tweedie` is the mean of the posterior of x_0, for Gaussian data by Bayes' rule on a grid."""
    m, v = uniform(grade.rng, -1, 1), uniform(grade.rng, 0.3, 0.8)
    bars, t = random_bars(grade.rng, 6), 1 + torch.randperm(6, generator=grade.rng)
    xt, bar = normal(grade.rng, 6, 1), bars[t][:, None]
    score = -(xt - bar.sqrt() * m) / (bar * v + 1 - bar)
    x = torch.linspace(m - 10, m + 10, 40_001, dtype=torch.float64)
    log_w = -((xt - bar.sqrt() * x) ** 2) / (2 * (1 - bar)) - (x - m) ** 2 / (2 * v)
    truth = (log_w.softmax(1) * x).sum(1, keepdim=True)
    answer = tensor(grade.submission(denoised, xt, score, t, bars), (6, 1), "the result of tweedie")
    assert near(answer, truth), "tweedie is not the mean of x_0 given x_t"
    images, scores = normal(grade.rng, 4, 1, 4, 4), normal(grade.rng, 4, 1, 4, 4)
    answer = tensor(grade.submission(denoised, images, scores, t[:4], bars), (4, 1, 4, 4), "the result of tweedie")
    bar = wide(bars[t[:4]], images)
    assert near(answer, images / bar.sqrt() + (1 - bar) / bar.sqrt() * scores), "tweedie is not right for images"
    rest = torch.tensor([1.0, 1e-3, 2e-5], dtype=torch.float64)  # next to nothing is left of the data
    images, scores, t = normal(grade.rng, 2, 3), normal(grade.rng, 2, 3), torch.tensor([2, 1])
    answer = tensor(grade.submission(denoised, images, scores, t, rest), (2, 3), "the result of tweedie")
    bar = rest[t][:, None]
    right = near(answer * bar.sqrt(), images + (1 - bar) * scores)
    assert right, "tweedie is not right where little is left of the data"


@points("1/25")
@limits(cpu_seconds=40, wall_seconds=200)
@hint("If the checks above pass: do loss and sampler work in float32, with a float64 schedule?")
def test_learns(grade: Grade) -> None:
    """Trained for a second, the model draws from two clusters with the right shares."""
    side = 1 if uniform(grade.rng, 0, 1) < 0.5 else -1
    x, kept = (clusters(grade.rng, n, side) for n in (4000, 2000))
    T, ramp = 40, torch.linspace(1, 0.02, 41, dtype=torch.float64)
    bars = ramp**2
    x_end, noise = normal(grade.rng, 600, 1), normal(grade.rng, T, 600, 1)
    answer = grade.submission(trained_samples, x.float(), bars, 500, x_end.float(), noise.float(), grade.guest_seed())
    found = tensor(answer, (600, 1), "the samples after training")
    share = (found * side < 0).double().mean().item()
    assert 0.15 < share < 0.45, "after training the two clusters do not have their shares"
    distance = energy_distance(found[:, 0], kept[:, 0])
    assert distance < 0.06, "after training the samples do not look like the data"


def clusters(rng: torch.Generator, n: int, side: int) -> Tensor:
    """70 % at 1.2 side, 30 % at -1.2 side, each with the standard deviation 0.25."""
    right = torch.rand(n, 1, generator=rng, dtype=torch.float64) < 0.7
    return side * torch.where(right, 1.2, -1.2) + 0.25 * normal(rng, n, 1)


def energy_distance(x: Tensor, y: Tensor) -> float:
    """2 E|x - y| - E|x - x'| - E|y - y'|; zero for equal distributions only (Szekely and Rizzo, 2013)."""

    def apart(a: Tensor, b: Tensor) -> float:
        return (a[:, None] - b).abs().mean().item()

    return 2 * apart(x, y) - apart(x, x) - apart(y, y)
