"""A: forging one hidden check with a program, whichever exercise it belongs to.

The programs stand in the catalogues of mistakes, under names with `forged`: an answer that computes nothing of what was
asked, and makes what it says fit what it said before. Each must lose the check that it was written for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from autograder.attacks.attack import WHATEVER, Attack, course
from autograder.checking import STATES
from autograder.records import Record
from autograder.validation import proof

LOST = "failed", "error", "timeout", "memory", "crashed"


def loses(check: str) -> Callable[[Record], str]:
    """A judge of a record in which that check must be lost."""

    def complaint(record: Record) -> str:
        states = {entry["id"]: entry["state"] for entry in record["checks"]}
        return "" if states.get(check) in LOST else f"{check} ended as {states.get(check)}"

    return complaint


def _forgeries() -> Iterator[Attack]:
    for homework in course().given:
        for exercise in homework.exercises:
            for answer in proof.answers(homework, exercise, proof.WRONG):
                if "forged" in answer.name:
                    yield Attack(
                        f"{homework.id}/{answer.caught_by}: {answer.name}",
                        "A",
                        answer.sentence,
                        answer.source,
                        on=(exercise.id,),
                        base="solved",
                        states=STATES,
                        points=WHATEVER,
                        judge=loses(answer.caught_by),
                        homework=homework.id,
                    )


ATTACKS = tuple(_forgeries())
