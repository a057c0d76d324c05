"""Deadlines: how late a submission is, and what that costs.

Deadline, grace and penalty of a homework stand in `course.toml`, and so do the extensions of students. The time is that
at which we collected the submission (see `intake.times`). What was never collected by us has no time, and is not late.

A penalty is a number of points for each day that has begun after the deadline, once its grace is over. It is shown
apart from the points, and never takes more than there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from autograder.course import Deadline, Homework, format_points


@dataclass(frozen=True)
class Late:
    """What lateness costs: whole days late, the penalty in points, and a sentence, empty for what is on time."""

    days: int = 0
    penalty: Fraction = Fraction(0)
    sentence: str = ""

    def reduced(self, points: Fraction) -> Fraction:
        """The points that remain: never less than nothing, and never more than before."""
        return max(points - self.penalty, Fraction(0)) if points > 0 else points


ON_TIME = Late()


def lateness(homework: Homework, student: str, collected: datetime | None) -> Late:
    """What the submission of a student, collected at that time, loses."""
    deadline = homework.deadline
    if deadline is None or collected is None:
        return ON_TIME
    due = extended(deadline, student)
    if collected <= due + deadline.grace:
        return ON_TIME
    days = -((due - collected) // timedelta(days=1))  # every day that has begun counts
    penalty = min(deadline.penalty * days, homework.points)
    when = f"Collected {_stamp(collected)}, {days} day{'' if days == 1 else 's'} after the deadline ({_stamp(due)})"
    return Late(days, penalty, f"{when}: {format_points(penalty)} points are taken off.")


def extended(deadline: Deadline, student: str) -> datetime:
    """A student's own deadline: an extension never shortens it."""
    return max(deadline.due, deadline.extensions.get(student, deadline.due))


def _stamp(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes")
