"""Hidden checks of hw2/collapse: active units and the KL divergence of every latent dimension.

Oracle   Data made so that the answer is known: the variance over the data of every posterior mean is chosen first, away
         from the threshold by 20 %. KL divergences by torch.distributions.
Error    1e-5 is allowed for KL divergences; counts must be exact.
Cost     0.05 s.
Rejects  every mistake in collapse.mistakes.md.
"""

import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from autograder.checking import Failed, hint, number, points, probe, sequence, tensor
from autograder.judging.instruments import between, normal

PROMISES = {
    "active_units": {
        "Number of latent dimensions whose posterior mean varies over the data: its variance exceeds the": (
            "active_units"
        ),
        "mean (N, d) holds the means of q(z | x) for N > 1 data points.": "active_units",
        "The variance may be divided by N or by N - 1.": "active_units",
    },
    "collapse_report": {
        "What every latent dimension carries: dict(kl=(d,), active=int, collapsed=bool (d,)).": "kl, report",
        "mean and log_std (N, d) are the parameters of q(z | x) = N(mean, diag(exp(log_std))^2)": "kl",
        "`kl` is the KL divergence of each dimension from q(z | x) to N(0, 1), averaged over the data, in nats": "kl",
        "`collapsed` tells the dimensions with a `kl` below 0.01 nats.": "report",
    },
}


@probe
def counts(student, mean, thresholds):
    """Numbers of active units: with the default threshold, and with each of the given ones."""
    return [student.active_units(mean), *[student.active_units(mean, threshold=value) for value in thresholds]]


@probe
def report(student, mean, log_std):
    return student.collapse_report(mean, log_std)


def means(rng: torch.Generator, N: int, variances: list[float], offset: float) -> Tensor:
    """(N, d) numbers whose columns have those variances, around means of about `offset`, in random order."""
    noise = normal(rng, N, len(variances))
    noise = (noise - noise.mean(0)) / noise.std(0, unbiased=False)
    mean = offset * between(rng, 0.5, 1.5, len(variances)) + noise * torch.tensor(variances, dtype=torch.float64).sqrt()
    return mean[:, torch.randperm(len(variances), generator=rng)]


def entry(answer: object, name: str) -> object:
    """One entry of the dictionary that the submission returned."""
    if not isinstance(answer, dict) or any(key not in answer for key in ("kl", "active", "collapsed")):
        raise Failed("collapse_report should return a dictionary with the keys kl, active and collapsed")
    return answer[name]


@points("3/10")
@hint("For every dimension: how much does its posterior mean vary from data point to data point?")
def test_active_units(grade):
    """active_units counts the dimensions whose posterior mean has a variance over the data above the threshold."""
    thresholds = [0.1, 0.5, 1.5]
    for N, offset in ((200, 0.0), (40, 2.0), (300, -3.0)):
        quiet, busy, *kinds = torch.randint(1, 6, (8,), generator=grade.rng).tolist()
        low = between(grade.rng, 0.0005, 0.007, quiet).tolist()
        high = [(0.014, 0.02, 0.2, 0.8, 3.0)[kind - 1] for kind in kinds[:busy]]
        answer = grade.submission(counts, means(grade.rng, N, low + high, offset), thresholds)
        answer = sequence(answer, 1 + len(thresholds), "the list of counts")
        found = [number(value, "the number of active units") for value in answer]
        assert found[0] == busy, "the number of active units is not right with the default threshold"
        expected = [sum(value > threshold for value in high) for threshold in thresholds]
        assert found[1:] == expected, "the number of active units is not right with another threshold"
        still = means(grade.rng, N, low + high + [0.0] * quiet, 0.0)  # some means are 0 for every data point
        found = number(grade.submission(counts, still, [0.0])[1], "the number of active units")
        assert found == quiet + busy, "a mean that does not vary at all counts as active when the threshold is 0"


@points("3/10")
@hint("One number per dimension: averaged over the data, not summed; and not averaged over dimensions.")
def test_kl(grade):
    """`kl` is KL(q(z_j | x) || N(0, 1)) of every dimension, averaged over the data, in nats."""
    for N, d in ((30, 4), (2, 3), (5, 7)):
        mean, log_std = normal(grade.rng, N, d), normal(grade.rng, N, d) / 2
        kl = tensor(entry(grade.submission(report, mean, log_std), "kl"), (d,), "kl")
        truth = kl_divergence(Normal(mean, log_std.exp()), Normal(0.0, 1.0)).mean(0)
        assert ((kl - truth).abs() < 1e-5 * (1 + truth)).all(), "kl is not right"


@points("2/5")
@hint("Two questions: does the mean vary over the data (active)? does q differ from the prior at all (collapsed)?")
def test_report(grade):
    """A dimension is collapsed when it carries less than 0.01 nats; active units are counted by their variance."""
    N = 60
    kinds = [  # variance of the mean, its offset, log_std; active; collapsed
        (0.6, 0.0, -0.6, True, False),
        (0.0004, 0.0, 0.01, False, True),
        (0.0004, 0.0, -0.02, False, True),
        (0.0004, 0.9, 0.0, False, False),  # far from the prior, but the same for all data points
        (0.0004, 0.0, -1.2, False, False),
        (0.014, 0.0, 0.0, True, True),  # just active, and 0.007 nats
        (0.02, 0.0, 0.05, True, False),  # 0.0125 nats
    ]
    for _ in range(3):
        chosen = [kinds[i] for i in torch.randint(len(kinds), (9,), generator=grade.rng).tolist()]
        chosen = [*chosen, kinds[3], kinds[4], kinds[5]]
        columns = [means(grade.rng, N, [variance], 0.0) + offset for variance, offset, *_ in chosen]
        log_std = torch.tensor([[kind[2] for kind in chosen]], dtype=torch.float64).expand(N, -1)
        d = len(chosen)
        answer = grade.submission(report, torch.cat(columns, 1), log_std.clone())
        active = number(entry(answer, "active"), "active")
        assert active == sum(kind[3] for kind in chosen), "the number of active units is not right"
        collapsed = tensor(entry(answer, "collapsed"), (d,), "collapsed")
        truth = torch.tensor([kind[4] for kind in chosen]).double()
        assert (collapsed == truth).all(), "collapsed is not True or False as it should be for some dimension"
