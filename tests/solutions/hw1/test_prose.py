"""Where the numbers in the text of homework 1 come from."""

import math

import dgm
import torch
from scipy.optimize import minimize

from solutions.hw1.gaussian_fits import kl_grid
from tests.prose import unclaimed, wrong_claims

NAT = 1 / math.log(2)  # bits
# What experiments are run with, and what a question supposes.
SETTINGS = ("0.3", "0.7", "0.2", "0.5", "0.8", "1.5", "0.01")


def reverse_fit(w, s):
    """Mean, standard deviation and KL(q || p) where a descent without gradients ends that starts between the modes.

    The mixture has modes at -2 and 2; the descent starts with small steps from the mixture's standard deviation.
    """
    grid = torch.linspace(-12, 12, 24_001, dtype=torch.float64)
    log_target = dgm.gaussian_mixture_log_prob(grid, w=w, a=2.0, s=s)

    def reverse_kl(parameters):
        log_fit = torch.distributions.Normal(parameters[0], math.exp(parameters[1])).log_prob(grid)
        return kl_grid(log_fit, log_target, (grid[1] - grid[0]).item()).item()

    mean, log_std = 2 - 4 * w, 0.5 * math.log(s**2 + 16 * w * (1 - w))
    simplex = [(mean, log_std), (mean + 1e-3, log_std), (mean, log_std + 1e-3)]
    found = minimize(reverse_kl, simplex[0], method="Nelder-Mead", options={"initial_simplex": simplex})
    return found.x[0], math.exp(found.x[1]), found.fun


def nats_a_dimension(s=0.2):
    """The mean of log E[p(x | z)^2] / p(x)^2 over x from p(x) = N(0, 1 + s^2), one dimension."""
    x = torch.linspace(-12, 12, 24_001, dtype=torch.float64)
    p, half = (torch.distributions.Normal(0, math.sqrt(1 + s**2 * share)) for share in (1, 0.5))
    log_ratio = half.log_prob(x) - math.log(2 * s * math.sqrt(math.pi)) - 2 * p.log_prob(x)
    return ((p.log_prob(x).exp() * log_ratio).sum() * (x[1] - x[0])).item()


def reverse_kl(printed, start):
    return printed(rf"reverse from {start}: .*KL\(q\|\|p\) +([\d.]+)")


def on_the_scoreboard(printed, model):
    return printed(rf"\n +{model} +[=≤≈] +([\d.]+)", -1)


def pixelcnn(printed):
    """Nats per pixel."""
    return on_the_scoreboard(printed, "PixelCNN") / 64


CLAIMS = {
    r"\approx 1.44$ bits": lambda p: [NAT],
    r"$\log(0.7/0.3) = 0.847$": lambda p: [0.7, 0.3, math.log(0.7 / 0.3)],
    "end with 1.204 and 0.357 nats; the difference is 0.847": lambda p: [
        reverse_kl(p, "-1"),
        reverse_kl(p, r"\+1"),
        reverse_kl(p, "-1") - reverse_kl(p, r"\+1"),
    ],
    r"""with $a = 2$ and $w = 0.45$ it is gone at $s = 0.15$, and at $s = 0.3$ it is still there, with mean 0.142,
    standard deviation 1.644 and a value of 6.57 nats""": lambda p: [2, 0.45, 0.15, 0.3, *reverse_fit(0.45, 0.3)],
    "About 27: an interval of one standard error on either side covers the truth in 68 %": lambda p: [
        40 * math.erf(math.sqrt(0.5)),
        100 * math.erf(math.sqrt(0.5)),
    ],
    r"$\log 2 = 0.693$ nats per pixel, and independent pixels about 0.40": lambda p: [
        2,
        math.log(2),
        p(r"independent pixels: ([\d.]+) nats per test pixel"),
    ],
    "below 0.40, and not near 0: in our run 0.280": lambda p: [
        p(r"independent pixels: ([\d.]+) nats per test pixel"),
        0,
        pixelcnn(p),
    ],
    "multiply by 64 and by 1.44": lambda p: [64, NAT],
    r"$0.280 \cdot 64 \cdot 1.44 \approx 26$ bits": lambda p: [pixelcnn(p), 64, NAT, 64 * NAT * pixelcnn(p)],
    r"some $6 \cdot 10^7$ images apart, where 64 bits tell $2 \cdot 10^{19}$ apart": lambda p: [
        *(math.exp(64 * pixelcnn(p)) / 1e7, 10, 7),
        *(64, 2**64 / 1e19, 10, 19),
    ],
    "nine layers all 142 earlier pixels are seen": lambda p: [9 * 15 + 7],
    "The best prior has $a = 0.32$": lambda p: [p(r"the best prior has a = ([\d.]+)")],
    "1.8 nats per dimension": lambda p: [nats_a_dimension()],
    "mean 1.2 and standard deviation 0.447": lambda p: [1.5 / 1.25, 0.5 / math.sqrt(1.25)],
    "(the slope, 0.800) and how wide it is (the standard deviation, 0.448)": lambda p: [
        p(r"slope ([\d.]+) \(exact"),
        p(r"std ([\d.]+) \(exact"),
    ],
}


def test_the_text_says_what_the_solved_notebook_shows():
    assert list(wrong_claims("hw1", CLAIMS)) == []


def test_every_number_of_the_text_is_claimed():
    assert unclaimed("hw1", CLAIMS, SETTINGS) == []


def test_the_third_minimum_is_gone_when_the_modes_are_narrow():
    """What T2 says about s = 0.15: the descent ends in the heavier mode."""
    mean, std, _ = reverse_fit(0.45, 0.15)
    assert abs(mean - 2) < 0.01 and abs(std - 0.15) < 0.01
