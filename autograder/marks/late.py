"""Deadlines: how late a submission is, and what that costs.

Deadline, grace and penalty of a homework stand in `course.toml`, and so do the extensions of students. The time of a
submission is what `intake.times` knows of it. What has no time is not late, nor what its platform says came in time.

A penalty is a number of points for each day that has begun after the deadline, once its grace is over. Days are those
of the clock in the course's time zone: the one on which clocks change is a day like any other. It is shown apart from
the points, and never takes more than there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from autograder.course import Homework, format_points


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


def lateness(homework: Homework, student: str, moment: datetime | None, verb: str = "Collected") -> Late:
    """What the submission of a student, which came at that moment, loses; `verb` says what happened then."""
    deadline = homework.deadline
    if deadline is None or moment is None or not deadline.is_late(student, moment):
        return ON_TIME
    due = deadline.of(student)
    days = days_begun(due, moment)
    penalty = min(deadline.penalty * days, homework.points)
    came, until = _stamps(moment.astimezone(due.tzinfo), due)
    when = f"{verb} {came}, {days} day{'' if days == 1 else 's'} after the deadline ({until})"
    points = "1 point is" if penalty == 1 else f"{format_points(penalty)} points are"
    return Late(days, penalty, f"{when}: {points} taken off.")


def days_begun(due: datetime, moment: datetime) -> int:
    """How many days have begun since `due`, in its time zone: each begins at the hour that `due` has on the clock."""
    days = (moment.astimezone(due.tzinfo).date() - due.date()).days
    begins = due + timedelta(days=days)  # on the clock: Python adds days to an aware time without its offset
    return days + (moment.astimezone(UTC) > begins.astimezone(UTC))


def _stamps(one: datetime, other: datetime) -> tuple[str, str]:
    """Two moments of one zone, with seconds where they would read the same without."""
    short = (one.isoformat(sep=" ", timespec="minutes"), other.isoformat(sep=" ", timespec="minutes"))
    if short[0] != short[1]:
        return short
    return one.isoformat(sep=" ", timespec="seconds"), other.isoformat(sep=" ", timespec="seconds")
