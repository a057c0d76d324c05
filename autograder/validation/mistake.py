"""`make mistake EXERCISE=vae NAME=kl_sign`: the cell that a student with this mistake would have handed in.

Exit code 0, or 2 where there is no such mistake; then the exercise's mistakes are listed.
"""

from __future__ import annotations

import argparse
import sys

from autograder.checking import CheckFileError
from autograder.course import Course, CourseError, Exercise, Homework, load_course
from autograder.errors import AutograderError
from autograder.validation import proof


class MistakeError(AutograderError):
    """There is no such mistake; the sentence says which there are."""


def main(arguments: list[str] | None = None) -> int:
    """Print one mistake. Returns the exit code; trouble goes to stderr in a sentence."""
    options = _options(arguments)
    try:
        print(program(load_course(), options.exercise, options.name, options.hw), end="")
    except (CourseError, CheckFileError, MistakeError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def program(course: Course, exercise: str, name: str, homework: str | None = None) -> str:
    """The source of a mistake, below a comment that says what is wrong and what catches it.

    Raises MistakeError unless exactly one exercise of that id (in the homework, where one is given) has it.
    """
    where, its_exercise = _exercise(course, exercise, homework)
    known = {answer.name: answer for answer in proof.answers(where, its_exercise, proof.WRONG)}
    if name not in known:
        listed = "\n".join(f"  {answer.name}: {answer.sentence}" for answer in known.values())
        raise MistakeError(f"{where.id}/{exercise} has no mistake named {name!r}. It has\n{listed}")
    answer = known[name]
    return f"# {name}: {answer.sentence}\n# Caught by {answer.caught_by}.\n\n{answer.source}"


def _exercise(course: Course, exercise: str, homework: str | None) -> tuple[Homework, Exercise]:
    homeworks = [course.homework(homework)] if homework else course.given
    found = [(where, e) for where in homeworks for e in where.exercises if e.id == exercise]
    if not found:
        ids = ", ".join(f"{where.id}/{e.id}" for where in homeworks for e in where.exercises)
        raise MistakeError(f"there is no exercise {exercise!r}. There are {ids}")
    if len(found) > 1:
        raise MistakeError(
            f"{exercise} occurs in {' and '.join(where.id for where, _ in found)}; say HW={found[0][0].id}"
        )
    return found[0]


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m autograder.validation.mistake", description=__doc__.split("\n")[0])
    parser.add_argument("--hw", help="one homework, where several have an exercise of this name")
    parser.add_argument("--exercise", required=True)
    parser.add_argument("--name", default="", help="the mistake; without it, all are listed")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
