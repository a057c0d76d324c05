"""An honest, perfect submission graded beside ten attackers: full points, and less than twice its time alone."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from autograder import demo
from autograder.attacks import stages
from autograder.attacks.attack import HOMEWORK, course
from autograder.attacks.suite import ATTACKS
from autograder.course import format_points

HONEST = "honest"
EXERCISES = ("f_divergence", "gaussian_fits", "made", "causal_conv", "masked_conv", "elbo")
TRIES = 3
MOST = 2.0
ATTACKED = ("f_divergence", "elbo")
# Attackers loud enough to be heard next door, each let loose on two exercises.
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
LIMITS = {"cpu_seconds": 4.0, "wall_seconds": 20.0, "memory_bytes": 3 << 29}


def measure() -> tuple[list[str], str]:
    """Problems, and a sentence with the times. Tried a few times: a machine with other work to do proves nothing."""
    loud = {attack.id: attack for attack in ATTACKS if attack.id in LOUD}
    sentence, problems = "", []
    for _ in range(TRIES):
        alone, points_alone = _seconds([])
        beside, points = _seconds([loud[name].source for name in LOUD])
        times = f"{alone:.1f} s alone, {beside:.1f} s beside {len(LOUD)} attackers ({beside / alone:.2f} x)"
        sentence = f"{points} points; {times}"
        problems = [] if beside < MOST * alone else [f"it took {beside / alone:.2f} times as long as alone"]
        if points != points_alone or points != _full():
            return [f"it got {points_alone} points alone and {points} beside the attackers, of {_full()}"], sentence
        if not problems:
            break
    return problems, sentence


def _full() -> str:
    homework = course().homework(HOMEWORK)
    return format_points(sum(homework.exercise(name).points for name in EXERCISES))


def _everywhere(source: str) -> str:
    """The attack on several exercises: each of their names is `evil`."""
    names = [name for exercise in ATTACKED for name in course().homework(HOMEWORK).exercise(exercise).names]
    return (
        source
        + "\n"
        + "".join(f"{name} = evil\n" for name in names if name not in ("f_divergence", "alpha_divergence"))
    )


def _seconds(attackers: list[str]) -> tuple[float, str]:
    """How long the honest submission takes on one of two workers, and its points."""
    homework = course().homework(HOMEWORK)
    with tempfile.TemporaryDirectory(prefix="beside-") as name, stages.small_course(EXERCISES, limits=LIMITS) as small:
        folder = Path(name)
        # In the order of names: one attacker is at work when the honest one begins, and the others follow.
        for number, source in enumerate(attackers):
            who = f"{'a' if number < 1 else 'z'}{number:02d}"
            stages.put(folder, who, json.dumps(demo.adding(demo.released(homework), _everywhere(source))))
        stages.put(folder, HONEST, json.dumps(demo.solved(homework)))
        stages.grade(folder, small, "bubblewrap", jobs=2, pool=stages.forked)
        record = stages.written(folder)[HONEST]
        return record["seconds"], record["total"]
