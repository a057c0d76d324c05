"""Hidden checks of hw5/t2_formula: the critic for which the f-GAN bound is tight.

Oracle   With T = f'(r), the line of slope T touches f at u = r: T u - f(u) has its maximum over u there. The judge
         measures the slope of f itself by central differences.
Error    Central differences agree with the reference to 1e-8; 1e-5 is allowed.
Cost     0.1 s.
"""

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "optimal_critic": {
        "The critic T for which the f-GAN bound is tight": "logarithms, powers",
        "ratio = p / q > 0, at every entry": "logarithms, powers",
        '"kl", "reverse_kl", "pearson", "hellinger", "js", "gan"': "logarithms, powers",
        "Raises ValueError for another.": "powers",
    }
}
F_OF = {
    "kl": lambda u: u * u.log(),
    "reverse_kl": lambda u: -u.log(),
    "pearson": lambda u: (u - 1) ** 2,
    "hellinger": lambda u: (u.sqrt() - 1) ** 2,
    "js": lambda u: u * u.log() - (u + 1) * ((u + 1) / 2).log(),
    "gan": lambda u: u * u.log() - (u + 1) * (u + 1).log(),
}


@probe
def critics(student, names: list, ratio: Tensor) -> list:
    """T of every divergence."""
    return [student.optimal_critic(name, ratio) for name in names]


@probe
def complaint(student, name: str, ratio: Tensor) -> str:
    """What happens for another name: the error's type, or that there was none."""
    try:
        student.optimal_critic(name, ratio)
    except ValueError:
        return "ValueError"
    except Exception:
        return "another error"
    return "no error"


def judge(grade: Grade, names: list[str]) -> None:
    for shape in ((11,), (3, 2)):
        ratio = torch.exp(1.5 * torch.randn(shape, generator=grade.rng, dtype=torch.float64))
        ratio.view(-1)[:2] = torch.tensor([3e-6, 3e5])  # whatever the ratio: nothing is cut off
        answer = sequence(grade.submission(critics, names, ratio), len(names), "the list of critics")
        for name, T in zip(names, answer, strict=True):
            step = 1e-5 * ratio
            slope = (F_OF[name](ratio + step) - F_OF[name](ratio - step)) / (2 * step)
            error = (tensor(T, shape, f"T of {name}") - slope).abs()
            assert (error < 1e-5 * (1 + slope.abs())).all(), f"T is not right for {name}"


@points("1/2")
@hint("T is the slope of f at the ratio.")
def test_logarithms(grade):
    """T of the divergences with logarithms: kl, js and gan."""
    judge(grade, ["kl", "js", "gan"])


@points("1/2")
@hint("T is the slope of f at the ratio.")
def test_powers(grade):
    """T of reverse_kl, pearson and hellinger, and an error for a name that is not one of the six."""
    judge(grade, ["reverse_kl", "pearson", "hellinger"])
    ratio = torch.ones(2, dtype=torch.float64)
    said = grade.submission(complaint, "total_variation", ratio)
    assert said == "ValueError", "optimal_critic should raise a ValueError for a name that is not one of the six"
