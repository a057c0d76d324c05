"""Hidden checks of hw4/t1_formula: ELBO surgery of a linear encoder.

Oracle   Sums over a grid: the KL divergences of the definitions, with the aggregate posterior as an average over x.
Error    1e-8; 1e-5 is allowed.
Cost     0.2 s.
Rejects  every mistake in t1_formula.mistakes.md.
"""

import math

import torch
from torch import Tensor
from torch.distributions import Normal

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "linear_surgery": {
        "(average_kl, marginal_kl, mutual_information), in nats": "average_kl, parts",
        "the encoder is q(z | x) = N(weight * x, std^2)": "average_kl, parts",
        "average_kl is E_x[KL(q(z | x) || p(z))]": "average_kl",
        "marginal_kl is KL(q(z) || p(z))": "parts",
        "mutual_information is E_x[KL(q(z | x) || q(z))]": "parts",
        "Arguments are numbers, results numbers or tensors ().": "average_kl, parts",
    }
}


@probe
def surgeries(student, cases):
    return [list(student.linear_surgery(*case)) for case in cases]


def by_grids(weight: float, std: float) -> list[float]:
    x = torch.linspace(-7, 7, 281, dtype=torch.float64)
    width = math.hypot(weight, std)
    z = torch.linspace(-9 * width - 1, 9 * width + 1, 4001, dtype=torch.float64)
    q, p = Normal((weight * x)[:, None], std).log_prob(z), Normal(0.0, 1.0).log_prob(z)
    share = Normal(0.0, 1.0).log_prob(x).softmax(0)
    aggregate = (share.log()[:, None] + q).logsumexp(0)

    def divergence(log_q: Tensor, log_p: Tensor) -> Tensor:
        return torch.trapezoid(log_q.exp() * (log_q - log_p), z)

    return [
        (share @ divergence(q, p)).item(),
        divergence(aggregate, p).item(),
        (share @ divergence(q, aggregate)).item(),
    ]


def judge(grade: Grade, entries: dict[int, str]) -> None:
    rand = torch.rand(8, generator=grade.rng, dtype=torch.float64).tolist()
    cases = [(0.3 + rand[0], 0.4 + rand[1]), (-0.5 - rand[2], 0.3 + rand[3]), (0.2 * rand[4], 0.8 + rand[5])]
    cases.append((0.0, 0.4 + 0.4 * rand[6]))  # z knows nothing of x, and is not the prior's all the same
    answer = sequence(grade.submission(surgeries, cases), len(cases), "the list of surgeries")
    for value, case in zip(answer, cases, strict=True):
        found, true = sequence(value, 3, "what linear_surgery returns"), by_grids(*case)
        for i, name in entries.items():
            error = abs(tensor(found[i], (), name).item() - true[i])
            assert error < 1e-5 * (1 + abs(true[i])), f"{name} is not right"


@points("2/5")
@hint("The KL between two Gaussians, and the average of x^2 over the data.")
def test_average_kl(grade: Grade):
    """The average KL divergence from the posteriors to the prior."""
    judge(grade, {0: "average_kl"})


@points("3/5")
@hint("Which Gaussian is the aggregate posterior? What does its variance consist of?")
def test_parts(grade: Grade):
    """Its two parts: what the aggregate posterior misses of the prior, and the mutual information."""
    judge(grade, {1: "marginal_kl", 2: "mutual_information"})
