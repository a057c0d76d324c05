"""Hidden checks of hw6/forward_diffusion: the schedule, the jump to x_t, and the posterior one step earlier.

Oracle   Mean and variance carried through t steps of the chain one by one; Bayes' rule summed on a fine grid; the
         formula of the schedule in Python numbers.
Error    1e-12 for the steps, 1e-10 for the grid; 1e-6 is allowed.
Cost     0.3 s, nearly all for the grid.
Rejects  every mistake in forward_diffusion.mistakes.md.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "cosine_schedule": {
        "The cosine schedule with T steps: alpha_bars (T + 1,), in float64.": "schedule",
        "alpha_bars[t] = h(t) / h(0) with h(t) = cos((t / T + s) / (1 + s) pi / 2)^2 and s = 0.008": "schedule",
        "no step may lose more than 0.999 of the variance: where beta_t would be larger it is 0.999": "schedule",
        "So alpha_bars[T] > 0.": "schedule",
    },
    "q_sample": {
        "The noisy points x_t (B, ...) of clean points x0 (B, ...) after t (B,) steps of q, in a single jump.": (
            "jump_mean, jump_noise"
        ),
        "Every row has its own t in 0..T; at t = 0 it stays x0.": "jump_mean, jump_noise, images",
        "A step of q is x_t = sqrt(alpha_t) x_{t-1} + sqrt(beta_t) noise.": "jump_mean, jump_noise",
        "The result has the shape and the dtype of x0, whatever the dtype of alpha_bars (T + 1,).": "images",
    },
    "q_posterior": {
        "Mean (B, ...) and variance (B, 1, ..., 1) of the Gaussian q(x_{t-1} | x_t, x_0), for t (B,) in 1..T.": (
            "posterior_mean, posterior_variance, images"
        ),
        "x0 and xt are (B, ...); every row has its own t.": "posterior_mean, images",
        "At t = 1 the mean is x0 and the variance 0.": "posterior_mean, posterior_variance",
        "Both results have the dtype of x0, whatever the dtype of alpha_bars (T + 1,).": "images",
        "Raises ValueError when some t lies outside 1..T.": "range",
    },
}


@probe
def schedule(student, T: int) -> list:
    if isinstance(first := student.cosine_schedule(T), torch.Tensor):
        first.zero_()  # what is done with one schedule must not change the next
    alpha_bars = student.cosine_schedule(T)
    return [alpha_bars, str(alpha_bars.dtype)]


@probe
def jump(student, x0: Tensor, t: Tensor, eps: Tensor, alpha_bars: Tensor) -> list:
    xt = student.q_sample(x0, t, eps, alpha_bars)
    return [xt, str(xt.dtype)]


@probe
def posterior(student, x0: Tensor, xt: Tensor, t: Tensor, alpha_bars: Tensor) -> list:
    mean, variance = student.q_posterior(x0, xt, t, alpha_bars)
    return [mean, variance, str(mean.dtype), str(variance.dtype)]


@probe
def refusal(student, x0: Tensor, xt: Tensor, t: Tensor, alpha_bars: Tensor) -> str:
    try:
        student.q_posterior(x0, xt, t, alpha_bars)
    except Exception as raised:
        return type(raised).__name__
    return "nothing"


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def random_bars(rng: torch.Generator, T: int) -> Tensor:
    """A schedule of no particular form: each alpha between 0.5 and 0.95."""
    alphas = 0.5 + 0.45 * torch.rand(T, generator=rng, dtype=torch.float64)
    return torch.cat([torch.ones(1, dtype=torch.float64), alphas.cumprod(0)])


def mixed_steps(rng: torch.Generator, low: int, T: int) -> Tensor:
    """Every t from low to T once, in random order."""
    return low + torch.randperm(T + 1 - low, generator=rng)


def carried(bars: Tensor, t: int) -> tuple[float, float]:
    """The factor of x0 and the variance of the noise after t steps, one after the other."""
    factor, variance = 1.0, 0.0
    for s in range(1, t + 1):
        alpha = (bars[s] / bars[s - 1]).item()
        factor, variance = alpha**0.5 * factor, alpha * variance + 1 - alpha
    return factor, variance


def jumped(grade: Grade, x0: Tensor, t: Tensor, eps: Tensor, bars: Tensor) -> Tensor:
    answer = sequence(grade.submission(jump, x0, t, eps, bars), 2, "the answer of q_sample")
    return tensor(answer[0], tuple(x0.shape), "the result of q_sample")


def asked(grade: Grade, x0: Tensor, xt: Tensor, t: Tensor, bars: Tensor) -> tuple[Tensor, Tensor, list]:
    mean, variance, *dtypes = sequence(grade.submission(posterior, x0, xt, t, bars), 4, "the answer of q_posterior")
    thin = (len(x0), *[1] * (x0.dim() - 1))
    mean = tensor(mean, tuple(x0.shape), "the mean of q_posterior")
    return mean, tensor(variance, thin, "the variance of q_posterior"), dtypes


def bayes(x0: float, xt: float, before: float, alpha: float) -> tuple[float, float]:
    """Mean and variance of q(x_t | x_{t-1}) q(x_{t-1} | x_0), normalised on a grid."""
    centre, wide = before**0.5 * x0, (1 - before) ** 0.5
    x = torch.linspace(centre - 12 * wide, centre + 12 * wide, 40_001, dtype=torch.float64)
    log_w = -((xt - alpha**0.5 * x) ** 2) / (2 * (1 - alpha)) - (x - centre) ** 2 / (2 * wide**2)
    w = log_w.softmax(0)
    mean = (w * x).sum()
    return mean.item(), (w * (x - mean) ** 2).sum().item()


def near(answer: Tensor, truth: Tensor) -> bool:
    return bool((answer - truth).abs().max() < 1e-6 * (1 + truth.abs().max()))


def posterior_case(grade: Grade, T: int) -> tuple:
    """What the guest says about rows at every t in 1..T, and Bayes' rule for them."""
    bars, t = random_bars(grade.rng, T), mixed_steps(grade.rng, 1, T)
    x0, xt = normal(grade.rng, T, 1), normal(grade.rng, T, 1)
    mean, variance, _ = asked(grade, x0, xt, t, bars)
    truths = [
        (x0[b, 0].item(), 0.0)
        if step == 1
        else bayes(x0[b, 0].item(), xt[b, 0].item(), bars[step - 1].item(), (bars[step] / bars[step - 1]).item())
        for b, step in enumerate(t.tolist())
    ]
    truth = torch.tensor(truths, dtype=torch.float64)
    return mean[:, 0], variance[:, 0], truth[:, 0], truth[:, 1]


@points("1/5")
@hint("Index 0 is clean data. Compute the betas from the ratios, cap them, and multiply up what is left.")
def test_schedule(grade: Grade) -> None:
    """`cosine_schedule` is the formula, with steps that are capped, in float64."""
    for T in (int(torch.randint(20, 60, (), generator=grade.rng)), 7, 1, 1000):
        bars, dtype = sequence(grade.submission(schedule, T), 2, "the answer of cosine_schedule")
        bars = tensor(bars, (T + 1,), "the result of cosine_schedule")
        assert dtype == "torch.float64", "cosine_schedule should work in float64"
        h = [math.cos((t / T + 0.008) / 1.008 * math.pi / 2) ** 2 for t in range(T + 1)]
        truth = [1.0]
        for t in range(1, T + 1):
            truth.append(truth[-1] * (1 - min(1 - h[t] / h[t - 1], 0.999)))
        assert abs(bars[0] - 1) < 1e-12, "index 0 of the schedule should be clean data: alpha_bars[0] = 1"
        error = (bars - torch.tensor(truth, dtype=torch.float64)).abs()
        assert error[:T].max() < 1e-9, "the schedule is not right"
        assert bars[T] > 0, "the last step should leave something of the signal"
        assert error[T] < 1e-9, "the schedule is not right at its end, where a step may lose 0.999 at most"


@points("2/15")
@hint("Each step multiplies by a root; what is left of x0 after t steps is the root of a product.")
def test_jump_mean(grade: Grade) -> None:
    """Without noise, the jump shrinks x0 as t steps do."""
    bars, t = random_bars(grade.rng, 6), mixed_steps(grade.rng, 0, 6)
    x0 = normal(grade.rng, 7, 2)
    found = jumped(grade, x0, t, torch.zeros_like(x0), bars)
    truth = torch.tensor([carried(bars, step)[0] for step in t.tolist()], dtype=torch.float64)[:, None] * x0
    assert near(found, truth), "the share of x0 in x_t is not that of t single steps"


@points("2/15")
@hint("Independent noises add up their variances; eps is multiplied by the root of the sum.")
def test_jump_noise(grade: Grade) -> None:
    """The noise of the jump has the variance that t steps gather."""
    bars, t = random_bars(grade.rng, 6), mixed_steps(grade.rng, 0, 6)
    x0, eps = normal(grade.rng, 7, 2), normal(grade.rng, 7, 2)
    found = jumped(grade, x0, t, eps, bars) - jumped(grade, x0, t, torch.zeros_like(eps), bars)
    truth = torch.tensor([carried(bars, step)[1] for step in t.tolist()], dtype=torch.float64).sqrt()[:, None] * eps
    assert near(found, truth), "the noise in x_t does not have the variance of t single steps"


@points("1/5")
@hint("Multiply the two Gaussians of Bayes' rule in x_{t-1}: the mean is a weighted one, with precisions as weights.")
def test_posterior_mean(grade: Grade) -> None:
    """The mean of q(x_{t-1} | x_t, x_0) is that of Bayes' rule on a grid."""
    for T in (5, 3):
        mean, _, truth, _ = posterior_case(grade, T)
        assert near(mean, truth), "the mean of q_posterior is not that of Bayes' rule"


@points("2/15")
@hint("Precisions add, variances do not; it is smaller than beta_t.")
def test_posterior_variance(grade: Grade) -> None:
    """The variance of q(x_{t-1} | x_t, x_0) is that of Bayes' rule on a grid."""
    for T in (5, 3):
        _, variance, _, truth = posterior_case(grade, T)
        assert near(variance, truth), "the variance of q_posterior is not that of Bayes' rule"


@points("2/15")
@hint("One number per row, (B,), has to become (B, 1, 1, 1) and take the dtype of x0 before it meets images.")
def test_images(grade: Grade) -> None:
    """Images have a step each, also where there are as many as they are wide, and keep their dtype."""
    bars = random_bars(grade.rng, 6)
    for shape in ((4, 1, 4, 4), (3, 2, 5, 3), (4, 4, 3)):
        t = 1 + torch.randint(6, shape[:1], generator=grade.rng)
        x0, eps = normal(grade.rng, *shape).float(), normal(grade.rng, *shape).float()
        answer = sequence(grade.submission(jump, x0, t, eps, bars), 2, "the answer of q_sample")
        xt = tensor(answer[0], shape, "the result of q_sample")
        ends = torch.tensor([carried(bars, step) for step in t.tolist()], dtype=torch.float64)
        ends = ends.reshape(*ends.shape, *[1] * (len(shape) - 1))
        truth = ends[:, 0] * x0 + ends[:, 1].sqrt() * eps
        assert (xt - truth).abs().max() < 1e-5, "q_sample is not right for images"
        mean, variance, dtypes = asked(grade, x0, truth.float(), t, bars)
        assert {answer[1], *dtypes} == {"torch.float32"}, "the results should have the dtype of x0"
        for b, step in enumerate(t.tolist()):
            alpha, before = (bars[step] / bars[step - 1]).item(), bars[step - 1].item()
            total = 1 - alpha * before
            m = before**0.5 * (1 - alpha) / total * x0[b] + alpha**0.5 * (1 - before) / total * truth[b]
            assert (mean[b] - m).abs().max() < 1e-5, "the mean of q_posterior is not right for images"
            left = (1 - before) * (1 - alpha) / total
            assert abs(variance[b].item() - left) < 1e-5, "the variance of q_posterior is not right for images"


@points("1/15")
@hint("There is no step before t = 1 and none after T: raise ValueError.")
def test_range(grade: Grade) -> None:
    """A single t outside 1..T is refused, and no other."""
    bars, x = random_bars(grade.rng, 4), normal(grade.rng, 3, 2)
    for t in (0, 5, -1):
        raised = grade.submission(refusal, x, x, torch.tensor([1, t, 4]), bars)
        assert raised == "ValueError", "a t outside 1..T should raise ValueError"
    assert grade.submission(refusal, x, x, torch.tensor([1, 2, 4]), bars) == "nothing", "t = 1 and t = T are allowed"
