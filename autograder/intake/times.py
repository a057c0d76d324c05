"""When submissions came: `submissions/collected.json`, written by `make collect`, by which lateness counts.

The time that counts is, in this order, what `AT=` said, what the platform's log says (`LOG=`), what the platform put
into names (Blackboard, Brightspace), what the outermost archive says of its entry, and last the moment of collecting.
Canvas says of each file whether it is late: what is not came in time, whatever an archive says. No time that a
student's own file or archive states of itself is ever looked at. What was never collected by us has no time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Required, TypedDict

from autograder.errors import AutograderError
from autograder.records import write_atomically

COLLECTED = "collected.json"
# Where a time may come from, the surest first.
AT, LOG, PLATFORM, ENTRY, COLLECTING = "AT=", "log", "platform", "archive", "collecting"
SURE = (AT, LOG, PLATFORM, ENTRY, COLLECTING)

MONTHS = {
    name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)
}
CLOCK = r"(?P<h>\d{1,2})[:.]?(?P<min>\d\d)(?::?(?P<s>\d\d))? ?(?P<half>[AaPp])?\.?(?:[Mm]\.?)?"
ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)? ?(?:Z|UTC|[+-]\d\d:?\d\d)?")
BLACKBOARD = re.compile(r"\d{4}(?:-\d\d){5}")
DAY_FIRST = re.compile(rf"(?P<d>\d{{1,2}})\.? (?P<mon>[A-Za-z]{{3}})[a-z]*\.?,? (?P<y>\d{{4}}),? (?:at )?{CLOCK}")
MONTH_FIRST = re.compile(rf"(?P<mon>[A-Za-z]{{3}})[a-z]*\.? (?P<d>\d{{1,2}}),? (?P<y>\d{{4}}),? (?:at )?{CLOCK}")
WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? ", re.IGNORECASE)


# What is known of the file that counts. `collected` is when we took it, `time` the moment that counts for it and `by`
# where that is from; `in_time` is the platform's own word, where it gives no time. `number` is what the platform calls
# the user, in that homework at least, and `name` the name that it gives them. `from` is what the file was called in the
# download: what goes back may have to be called the same. `student` is who handed in what counts for a team.
Entry = TypedDict(
    "Entry",
    {
        "collected": Required[str],
        "time": str,
        "by": str,
        "in_time": bool,
        "sha256": str,
        "from": str,
        "platform": str,
        "number": str,
        "name": str,
        "student": str,
    },
    total=False,
)
Known = dict[str, dict[str, Entry]]  # homework -> student


class TimesError(AutograderError):
    """`collected.json` is damaged, or a time cannot be read; the sentence says so."""


def read_moment(text: str, zone: tzinfo) -> datetime | None:
    """A date and time as people and platforms write them, in the zone unless it says its own; None for anything else.

    Understood are ISO 8601, and English names of months in either order. Months as numbers between slashes are not: in
    half of the world they come first.
    """
    text = WEEKDAY.sub("", " ".join(text.split()), count=1)
    if ISO.fullmatch(text):
        return _aware(lambda: datetime.fromisoformat(re.sub(r" ?(?:Z|UTC)$", "+00:00", text)), zone)
    if BLACKBOARD.fullmatch(text):
        return _aware(lambda: datetime(*map(int, text.split("-"))), zone)  # type: ignore[arg-type]
    found = DAY_FIRST.fullmatch(text) or MONTH_FIRST.fullmatch(text)
    if not found or found["mon"].lower() not in MONTHS:
        return None
    hour = int(found["h"])
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    day = (int(found["y"]), MONTHS[found["mon"].lower()], int(found["d"]))
    return _aware(lambda: datetime(*day, hour, int(found["min"]), int(found["s"] or 0)), zone)


def _aware(make: Callable[[], datetime], zone: tzinfo) -> datetime | None:
    try:
        moment = make()
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def read_collected(submissions: Path) -> Known:
    """What `collected.json` holds, nothing if there is none. Raises TimesError: it decides about penalties."""
    path = submissions / COLLECTED
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        for entry in (entry for homework in known.values() for entry in homework.values()):
            for key in ("collected", "time"):
                if key == "collected" or key in entry:
                    datetime.fromisoformat(entry[key])
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TimesError(f"{path} is damaged ({error}); it holds when submissions were collected") from None
    return known


def write_collected(submissions: Path, known: Known) -> None:
    text = json.dumps(known, indent=1, ensure_ascii=False, sort_keys=True)
    write_atomically(submissions / COLLECTED, lambda file: file.write(text + "\n"))


class CollectedTimes:
    """`collected.json`, read once: a class of hundreds asks it for every student and homework."""

    def __init__(self, submissions: Path) -> None:
        try:
            self._known = json.loads((submissions / COLLECTED).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._known = {}

    def entry(self, homework: str, student: str) -> Entry | None:
        """All that is known of a student's submission, None where nobody recorded it."""
        try:
            found = self._known[homework][student]
            return found if isinstance(found["collected"], str) else None
        except (KeyError, TypeError):
            return None

    def of(self, homework: str, student: str) -> datetime | None:
        """The moment that counts for a student's submission of a homework, None if nobody recorded it."""
        entry = self.entry(homework, student)
        return moment_of(entry) if entry else None

    def in_time(self, homework: str, student: str) -> bool:
        """Whether the platform said that it came in time, without saying when."""
        entry = self.entry(homework, student)
        return bool(entry and entry.get("in_time"))

    def collecting(self, homework: str, student: str) -> bool:
        """Whether nothing is known but when we took it."""
        entry = self.entry(homework, student)
        return not entry or entry.get("by", COLLECTING) == COLLECTING


def moment_of(entry: Entry) -> datetime | None:
    """The moment that counts, None where what stands there is no time."""
    try:
        moment = datetime.fromisoformat(entry.get("time") or entry["collected"])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
