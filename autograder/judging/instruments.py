"""What hidden checks of several exercises share: random numbers, comparisons, oracles. All of it runs in the judge.

A probe sees none of this: its file is all that the guest gets.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from torch import Generator, Tensor

from autograder.checking import Failed, Grade, sequence, tensor

# --- random numbers -------------------------------------------------------------------------------------------------


def normal(rng: Generator, *shape: int) -> Tensor:
    """Standard normal numbers of that shape, float64."""
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def between(rng: Generator, low: float, high: float, *shape: int) -> Tensor:
    """Uniform numbers of that shape, float64, from `low` to `high`."""
    return low + (high - low) * torch.rand(shape, generator=rng, dtype=torch.float64)


def uniform(rng: Generator, low: float, high: float) -> float:
    """One uniform number from `low` to `high`."""
    return between(rng, low, high).item()


def whole(rng: Generator, low: int, high: int) -> int:
    """One whole number from `low` to `high` - 1."""
    return int(torch.randint(low, high, (), generator=rng))


# --- comparisons ----------------------------------------------------------------------------------------------------


def twisted_order(rng: Generator, n: int) -> Tensor:
    """A random permutation (n,) that, where there is one, is not its own inverse: ranks for it are another order."""
    while True:
        order = torch.randperm(n, generator=rng)
        if n < 3 or (order[order] != torch.arange(n)).any():
            return order


def near(answer: Tensor | float, truth: Tensor | float | list[float], tolerance: float = 1e-4) -> bool:
    """Whether every entry is right to `tolerance`, relative where the true one is larger than 1.

    A truth that is not finite is near nothing.
    """
    answer, truth = (torch.as_tensor(value, dtype=torch.float64) for value in (answer, truth))
    return _within(answer, truth, tolerance * truth.abs().clamp(min=1))


def near_max(answer: Tensor, truth: Tensor, tolerance: float = 1e-4) -> bool:
    """Whether every entry is right to `tolerance`, relative to the largest true one where that is larger than 1.

    A truth that is not finite is near nothing.
    """
    return _within(answer, truth, tolerance * truth.abs().max().clamp(min=1))


def _within(answer: Tensor, truth: Tensor, allowed: Tensor) -> bool:
    return bool(truth.isfinite().all() and ((answer - truth).abs() <= allowed).all())


def left_alone(after: object, before: list[Tensor], what: str) -> None:
    """Raises Failed unless the arguments, as a probe gives them back after its call, are what they were before it."""
    for now, then in zip(sequence(after, len(before), "the arguments"), before, strict=True):
        if not isinstance(now, Tensor) or now.shape != then.shape or not bool((now == then).all()):
            raise Failed(f"{what} changes its arguments")


def inherits(answer: list, source: Tensor, what: str) -> None:
    """Raises Failed where a tensor of the answer has another dtype than what came in."""
    if any(isinstance(part, Tensor) and part.dtype != source.dtype for part in answer):
        raise Failed(f"{what} does not have the dtype of what comes in")


# --- questions and oracles ------------------------------------------------------------------------------------------


def each(grade: Grade, probe: Callable, cases: list, what: str) -> Tensor:
    """One number per case, (len(cases),), from a probe that gives a list of them; `what` names a number."""
    found = sequence(grade.submission(probe, cases), len(cases), "the list of values")
    return torch.stack([tensor(value, (), what) for value in found])


def state_of(answer: object, what: str) -> dict[str, Tensor]:
    """The state_dict of a trained model, to be loaded in a process that has not seen what it was trained on.

    Raises Failed unless it is a dictionary of tensors.
    """
    if not isinstance(answer, dict) or not answer or not all(isinstance(value, Tensor) for value in answer.values()):
        raise Failed(f"the state_dict of {what} should hold its trained parameters as tensors")
    return answer


def impulses(*shape: int) -> Tensor:
    """No input at all, and then one unit impulse per entry: (1 + entries, *shape), float32."""
    entries = int(np.prod(shape))
    return torch.cat([torch.zeros(1, *shape), torch.eye(entries).reshape(-1, *shape)])


def gauss_hermite(n: int) -> tuple[Tensor, Tensor]:
    """Nodes, and weights that sum to 1: averages over a standard normal, exact for polynomials of degree 2n - 1."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(n)
    return torch.from_numpy(nodes), torch.from_numpy(weights / weights.sum())


@cache
def binary_digits() -> Tensor:
    """The 1797 digits of scikit-learn, binary (1797, 1, 8, 8): 1 where the grey value is at least 8 of 16."""
    from sklearn.datasets import load_digits

    return torch.tensor(load_digits().images >= 8).float()[:, None]
