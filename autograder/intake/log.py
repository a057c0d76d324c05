"""A platform's own list of when what was handed in: `LOG=`, a table with somebody and a time on each line.

Moodle's grading worksheet has `Last modified (submission)`; what Canvas and Blackboard report has columns like it.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from pathlib import Path

from autograder.intake.names import Reading
from autograder.intake.roster import Roster
from autograder.intake.times import read_moment
from autograder.tables import Faults, TableError, folded, read_table

WHO = {
    "id": (
        "student",
        "student id",
        "sis user id",
        "sis login id",
        "id number",
        "username",
        "user name",
        "login",
        "user",
    ),
    "identifier": ("participant", "participant id", "user id", "canvas user id", "anonymous id"),
    "name": ("full name", "student name", "display name"),
    "email": ("e-mail", "email address", "e-mail address"),
}
TIME = (
    *("last modified (submission)", "submitted at", "submitted", "submission time", "submitted on", "submission date"),
    *("date submitted", "last modified", "timestamp", "date", "time of submission"),
)
NEVER = ("", "-", "–", "never", "n/a")


class LogError(TableError):
    """A log cannot be used; every faulty line is named."""


class Log:
    """When who handed in, by every name that the log has for them; the last time of several."""

    def __init__(self, times: dict[str, datetime]) -> None:
        self._times = times

    def of(self, student: str, reading: Reading, roster: Roster) -> datetime | None:
        """When a student handed in, found by the platform's user id, else by what the roster knows of them, or name."""
        known = roster.get(student)
        signs = [*reading.numbers, student, known.email, *known.aliases, known.name, *reading.names]
        return next((self._times[sign] for one in signs if one and (sign := folded(one)) in self._times), None)


def read_log(path: Path, zone: tzinfo, encoding: str = "") -> Log:
    """The log that a file holds; times without an offset are in the zone. Raises LogError with all faulty lines."""
    table = read_table(path, {**WHO, "time": TIME}, ["time"], encoding, LogError)
    faults, times = Faults(path, LogError), dict[str, datetime]()
    who = [column for column in WHO if table.has(column)]
    if not who:
        faults.add(1, f"no column says who; one of {', '.join(WHO)} must be there")
        faults.raise_any()
    for row in table.rows:
        said = table.get(row, "time")
        if folded(said) in NEVER:
            continue
        moment = read_moment(said, zone)
        if moment is None:
            faults.add(row.line, f"{said!r} is no date and time that can only be read one way, as 2026-10-12 23:59")
            continue
        for sign in {folded(table.get(row, column)).removeprefix("participant ") for column in who} - {""}:
            times[sign] = max(moment, times.get(sign, moment))
    faults.raise_any()
    return Log(times)
