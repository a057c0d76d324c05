"""Hidden checks of hw6/diffusion_elbo: the log-ratio along a path, and the terms of the bound.

Oracle   For Gaussian data with the exact reverse kernels and the exact marginal at T every path, whatever it is, gives
         log p(x_0) itself; for other kernels torch.distributions on every step. The terms of the bound are KL
         divergences of torch.distributions between Gaussians from Bayes' rule as precisions, written here.
Error    1e-11; 1e-6 is allowed.
Cost     0.1 s.
Rejects  every mistake in diffusion_elbo.mistakes.md.
"""

import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "path_log_ratio": {
        "log p(x_0, ..., x_T) - log q(x_1, ..., x_T | x_0) of given paths: (B,), in nats.": "exact_kernels, ratio",
        "path (T + 1, B, D) holds x_t at index t.": "ratio",
        "starts at x_T with log_prior(x_T), (B,)": "ratio",
        "takes points (B, D) and integers t (B,) to the mean (B, D) and the variance": "ratio",
        "the variance in any shape that broadcasts to the mean's": "ratio",
        "A step of q is x_t = sqrt(alpha_t) x_{t-1} + sqrt(beta_t) noise.": "exact_kernels, ratio",
        "The mean over paths drawn from q is the evidence lower bound.": "exact_kernels",
    },
    "vlb_terms": {
        "The terms L_0, ..., L_T of the negative ELBO of x0 (B, D), in nats: (T + 1, B).": "middle, ends",
        "takes points (B, D) and integers t (B,) to a guess of the noise": "middle, ends",
        "eps (T, B, D) is standard normal, and eps[t - 1] makes x_t from x0": "middle, ends",
        "the guess of x0 that belongs to the guess of the noise, and the same variance as q": "middle",
        "only at t = 1, where that is 0, it has the variance beta_1": "ends",
        "Index t - 1 of the result, for t = 2..T, is KL(q(x_{t-1} | x_t, x_0) || p(x_{t-1} | x_t))": "middle",
        "index 0 is -log p(x_0 | x_1), and index T is KL(q(x_T | x_0) || N(0, I))": "ends",
        "The mean over eps of their sum is the negative ELBO.": "middle, ends",
        "The result can be differentiated with respect to the parameters of the model.": "gradient",
    },
}


INTEGERS = {f"torch.{name}" for name in ("int64", "int32", "int16", "uint8", "int8")}


@probe
def ratio_of_gaussian(student, mean: float, variance: float, path: Tensor, bars: Tensor) -> Tensor:
    """The exact reverse kernels of data N(mean, variance I), and the exact marginal of x_T."""

    def marginal(t: object) -> object:
        return bars[t].sqrt() * mean, bars[t] * variance + 1 - bars[t]

    def reverse(xt: object, t: object) -> object:
        (m, v), alpha = marginal(t - 1), bars[t] / bars[t - 1]
        m, v, alpha = m[:, None], v[:, None], alpha[:, None]
        gain = alpha.sqrt() * v / (alpha * v + 1 - alpha)
        return m + gain * (xt - alpha.sqrt() * m), v * (1 - alpha) / (alpha * v + 1 - alpha)

    def log_prior(x: object) -> object:
        m, v = marginal(len(bars) - 1)
        return (-0.5 * (x - m) ** 2 / v - 0.5 * torch.log(2 * math.pi * v)).sum(1)

    return student.path_log_ratio(path, reverse, log_prior, bars)


@probe
def ratio(student, k: float, wide: str, path: Tensor, bars: Tensor) -> Tensor:
    """Kernels of no particular meaning; there is one variance, or one for every row, every coordinate, or both."""

    def reverse(xt: object, t: object) -> object:
        some = {"both": xt, "row": xt[:, :1], "coordinate": k * torch.arange(3, dtype=xt.dtype)}
        variance = 0.5 + torch.sigmoid(some.get(wide, torch.tensor(k, dtype=xt.dtype)))
        return k * torch.sin(xt) + 0.1 * t[:, None], variance

    return student.path_log_ratio(path, reverse, lambda x: -k * x.abs().sum(1), bars)


@probe
def steps(student, which: str, path: Tensor, bars: Tensor) -> list:
    """What t is whenever the model is called: the name of its dtype, and its shape."""
    found = []

    def model(xt: object, t: object) -> object:
        found.append([str(t.dtype), list(t.shape)])
        return (xt, torch.ones_like(xt)) if which == "path_log_ratio" else xt

    if which == "path_log_ratio":
        student.path_log_ratio(path, model, lambda x: x.sum(1), bars)
    else:
        student.vlb_terms(model, path[0], path[1:], bars)
    return found


@probe
def model(k: object) -> object:
    return lambda xt, t: k * torch.sin(xt) + 0.1 * t[:, None]


@probe
def terms(student, k: float, x0: Tensor, eps: Tensor, bars: Tensor) -> Tensor:
    return student.vlb_terms(model(k), x0, eps, bars)


@probe
def slope(student, k: float, x0: Tensor, eps: Tensor, bars: Tensor, cotangent: Tensor) -> Tensor:
    k = torch.tensor(k, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad((student.vlb_terms(model(k), x0, eps, bars) * cotangent).sum(), k)[0]


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def uniform(rng: torch.Generator, low: float, high: float) -> float:
    return low + (high - low) * torch.rand(1, generator=rng, dtype=torch.float64).item()


def random_bars(rng: torch.Generator, T: int) -> Tensor:
    """A schedule of no particular form: each alpha between 0.5 and 0.95."""
    alphas = 0.5 + 0.45 * torch.rand(T, generator=rng, dtype=torch.float64)
    return torch.cat([torch.ones(1, dtype=torch.float64), alphas.cumprod(0)])


def product(x0: Tensor, xt: Tensor, before: Tensor, alpha: Tensor) -> Normal:
    """q(x_{t-1} | x_t, x_0), t > 1: the precisions of the two Gaussians in x_{t-1} add."""
    one, two = 1 / (1 - before), alpha / (1 - alpha)
    mean = (one * before.sqrt() * x0 + two * xt / alpha.sqrt()) / (one + two)
    return Normal(mean, (1 / (one + two)).sqrt())


def true_terms(k: float, x0: Tensor, eps: Tensor, bars: Tensor) -> Tensor:
    found, T = [], len(bars) - 1
    for t in range(1, T + 1):
        xt = bars[t].sqrt() * x0 + (1 - bars[t]).sqrt() * eps[t - 1]
        guess = (xt - (1 - bars[t]).sqrt() * (k * torch.sin(xt) + 0.1 * t)) / bars[t].sqrt()
        if t == 1:
            found.append(-Normal(guess, (1 - bars[1]).sqrt()).log_prob(x0).sum(1))
        else:
            alpha = bars[t] / bars[t - 1]
            pair = (product(at, xt, bars[t - 1], alpha) for at in (x0, guess))
            found.append(kl_divergence(*pair).sum(1))
    last = Normal(bars[T].sqrt() * x0, (1 - bars[T]).sqrt())
    found.append(kl_divergence(last, Normal(torch.zeros_like(x0), torch.ones_like(x0))).sum(1))
    return torch.stack(found)


def judge_steps(grade: Grade, which: str) -> None:
    """Fail unless the model is always given integers t (B,)."""
    path, bars = normal(grade.rng, 4, 5, 2), random_bars(grade.rng, 3)
    for call in sequence(grade.submission(steps, which, path, bars), None, "the calls of the model"):
        dtype, shape = sequence(call, 2, "what the model is called with")
        assert dtype in INTEGERS, "the model takes integers t, and is given other numbers"
        assert len(shape) == 1, "the model takes one t for each row, of shape (B,), and is given another shape"


def near(answer: Tensor, truth: Tensor, tolerance: float = 1e-6) -> bool:
    return bool((answer - truth).abs().max() < tolerance * (1 + truth.abs().max()))


@points("1/5")
@hint("Telescope: each log p(x_{t-1} | x_t) meets the log q(x_t | x_{t-1}) of the same step.")
def test_exact_kernels(grade: Grade) -> None:
    """With the exact reverse kernels every path gives log p(x_0), without any variance."""
    mean, variance = uniform(grade.rng, -1, 1), uniform(grade.rng, 0.3, 0.8)
    for T, B, D in ((5, 6, 2), (1, 3, 1)):
        bars, path = random_bars(grade.rng, T), normal(grade.rng, T + 1, B, D)
        answer = tensor(grade.submission(ratio_of_gaussian, mean, variance, path, bars), (B,), "the log-ratio")
        truth = (-0.5 * (path[0] - mean) ** 2 / variance).sum(1) - D / 2 * torch.tensor(
            6.283185307179586 * variance
        ).log()
        assert (answer - truth).abs().max() < 1e-5, "with exact kernels the log-ratio of a path is not log p(x_0)"


@points("1/5")
@hint("One Gaussian of the model and one of q for every step, the prior at x_T, all summed over coordinates.")
def test_ratio(grade: Grade) -> None:
    """For other kernels the log-ratio is the sum of the single log-densities."""
    for wide in ("both", "row", "coordinate", "one"):
        T, k = 4, uniform(grade.rng, 0.2, 0.8)
        bars, path = random_bars(grade.rng, T), normal(grade.rng, T + 1, 6, 3)
        answer = tensor(grade.submission(ratio, k, wide, path, bars), (6,), "the log-ratio")
        truth = -k * path[T].abs().sum(1)
        for t in range(1, T + 1):
            alpha = bars[t] / bars[t - 1]
            some = {"both": path[t], "row": path[t][:, :1], "coordinate": k * torch.arange(3).double()}
            variance = (0.5 + torch.sigmoid(some.get(wide, torch.tensor(k).double()))).expand(6, 3)
            truth = truth + Normal(k * torch.sin(path[t]) + 0.1 * t, variance.sqrt()).log_prob(path[t - 1]).sum(1)
            truth = truth - Normal(alpha.sqrt() * path[t - 1], (1 - alpha).sqrt()).log_prob(path[t]).sum(1)
        assert near(answer, truth), "the log-ratio of a path is not right"
    judge_steps(grade, "path_log_ratio")


def asked(grade: Grade, T: int, B: int, D: int, first: float | None = None) -> tuple[Tensor, Tensor]:
    """The terms from the guest, and the true ones; `first` stands for alpha_bars[1]."""
    k, bars = uniform(grade.rng, 0.2, 0.8), random_bars(grade.rng, T)
    bars[1:] *= first / bars[1] if first else 1
    x0, eps = normal(grade.rng, B, D), normal(grade.rng, T, B, D)
    answer = grade.submission(terms, k, x0, eps, bars)
    return tensor(answer, (T + 1, B), "the result of vlb_terms"), true_terms(k, x0, eps, bars)


@points("1/5")
@hint("Two Gaussians with the same variance: half the squared distance of their means over that variance.")
def test_middle(grade: Grade) -> None:
    """The terms 1 to T - 1 are the KL divergences between the posterior and the model's kernel."""
    for T, B, D in ((5, 4, 3), (3, 1, 2)):
        found, truth = asked(grade, T, B, D)
        assert near(found[1:T], truth[1:T]), "a term between the first and the last is not right"
    judge_steps(grade, "vlb_terms")


@points("1/5")
@hint("At t = 1 a density, with every constant; at T a divergence to N(0, I) that no network can change.")
def test_ends(grade: Grade) -> None:
    """The terms 0 and T are -log p(x_0 | x_1) and the divergence to the prior."""
    # With little noise in the first step the density at x_0 is above 1, and its term below 0.
    for T, B, D, first in ((5, 4, 3, None), (1, 2, 2, None), (3, 5, 2, 0.9999)):
        found, truth = asked(grade, T, B, D, first)
        assert near(found[0], truth[0]), "the term 0 is not -log p(x_0 | x_1)"
        assert near(found[T], truth[T]), "the term T is not the divergence to the prior"


@points("1/5")
@hint("The model's guess must keep its graph in every term.")
def test_gradient(grade: Grade) -> None:
    """The terms can be differentiated with respect to the parameters of the model."""
    T, k, step = 4, uniform(grade.rng, 0.2, 0.8), 1e-5
    bars, x0, eps = random_bars(grade.rng, T), normal(grade.rng, 4, 3), normal(grade.rng, T, 4, 3)
    for level in range(T):
        cotangent = torch.zeros(T + 1, 4, dtype=torch.float64)
        cotangent[level] = normal(grade.rng, 4)
        answer = tensor(grade.submission(slope, k, x0, eps, bars, cotangent), (), "the gradient of vlb_terms")
        up, down = ((true_terms(k + h, x0, eps, bars) * cotangent).sum() for h in (step, -step))
        truth = (up - down) / (2 * step)
        assert abs(answer - truth) < 1e-5 * (1 + abs(truth)), "the gradient of a term is not right"
