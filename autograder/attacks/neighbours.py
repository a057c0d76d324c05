"""An honest, perfect submission graded beside ten attackers: full points, and less than twice its time alone.

Three such submissions and the ten attackers are graded on two workers, each with its own sandbox, in an order in which
every honest one has attackers beside it. What counts is the slowest of the three.
"""

from __future__ import annotations

import json
import os
import tempfile
from fractions import Fraction
from pathlib import Path

from autograder.attacks import stages
from autograder.attacks.attack import HOMEWORK, course
from autograder.attacks.suite import ATTACKS
from autograder.course import format_points
from autograder.desk import demo

EXERCISES = ("f_divergence", "gaussian_fits", "made", "causal_conv", "masked_conv", "elbo")
HONEST = ("b", "e", "h")  # in the order of names there are three attackers and an honest one, and so on
TRIES = 3
MOST = 2.0
# Attackers loud enough to be heard next door.
LOUD = (
    "endless loop",
    "fork bomb",
    "thread bomb",
    "hoard",
    "shared hoard",
    "full disk",
    "million files",
    "endless output",
    "interpreter lock",
    "daemon",
)
LIMITS = {"cpu_seconds": 3.0, "wall_seconds": 15.0, "memory_bytes": 3 << 29}


def measure() -> tuple[list[str], str]:
    """Problems, and a sentence with the times. Tried a few times: a machine with other work to do proves nothing."""
    loud = {attack.id: attack.source for attack in ATTACKS if attack.id in LOUD}
    sentence, problems = "", []
    for _ in range(TRIES):
        (alone,), points_alone = _graded(HONEST[:1], [])
        beside, points = _graded(HONEST, [loud[name] for name in LOUD])
        slowest = max(beside)
        sentence = (
            f"{', '.join(sorted(points))} points; {alone:.1f} s alone, {slowest:.1f} s at most beside {len(LOUD)} "
        )
        sentence += f"attackers ({slowest / alone:.2f} x; load {os.getloadavg()[0]:.1f})"
        if points | points_alone != {_full()}:
            return [f"points {points_alone} alone and {points} beside the attackers, of {_full()}"], sentence
        if slowest < MOST * alone:
            return [], sentence
        problems = [f"it took {slowest / alone:.2f} times as long as alone"]
    return problems, sentence


def _full() -> str:
    homework = course().homework(HOMEWORK)
    return format_points(sum((homework.exercise(name).points for name in EXERCISES), Fraction(0)))


def _graded(honest: tuple[str, ...], attackers: list[str]) -> tuple[list[float], set[str]]:
    """How long each honest submission takes on one of two workers, and the points that they get."""
    homework = course().homework(HOMEWORK)
    with tempfile.TemporaryDirectory(prefix="beside-") as name, stages.small_course(EXERCISES, limits=LIMITS) as small:
        folder = Path(name)
        for number, source in enumerate(attackers):
            who = f"{'adgj'[number // 3]}{number}"
            stages.put(folder, who, json.dumps(demo.adding(demo.released(homework), source)))
        for who in honest:
            stages.put(folder, who, json.dumps(demo.solved(homework)))
        stages.grade(folder, small, "bubblewrap", jobs=2, pool=stages.forked)
        graded = stages.written(folder)
        return [graded[who]["seconds"] for who in honest], {str(graded[who]["total"]) for who in honest}
