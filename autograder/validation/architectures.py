"""Architectures that a docstring leaves free: its exercise is tried with a whole grid of them, as right answers.

`checks/<homework>/architectures.py` has GRIDS, a Grid for each such exercise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from autograder.course import Exercise, Homework, homework_module

ACTIVATIONS = {name: f"nn.{name}()" for name in ("ReLU", "LeakyReLU", "Tanh", "Sigmoid", "SiLU")}
BUT_SIGMOIDS = {name: source for name, source in ACTIVATIONS.items() if name != "Sigmoid"}


@dataclass(frozen=True)
class Grid:
    """A cell below the reference, and axes: a word of the program -> what a choice is called -> what stands for it."""

    program: str
    axes: Mapping[str, Mapping[str, str]]

    def programs(self) -> Iterator[tuple[str, str]]:
        """The name and the cell of every architecture of the grid."""
        for chosen in product(*(axis.items() for axis in self.axes.values())):
            program = self.program
            for word, (_, source) in zip(self.axes, chosen, strict=True):
                program = program.replace(word, source)
            yield ", ".join(name for name, _ in chosen), program


def architectures(homework: Homework, exercise: Exercise) -> list[tuple[str, str]]:
    """Names and cells of the architectures that the exercise is tried with."""
    found = homework_module("autograder.checks.{}.architectures", homework.id)
    grid = found.GRIDS.get(exercise.id) if found else None
    return list(grid.programs()) if grid else []
