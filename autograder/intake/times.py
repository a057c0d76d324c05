"""When submissions were collected: `submissions/collected.json`, written by `make collect`, by which lateness counts.

No time that a student's file states of itself is ever looked at. What was never collected by us has no time.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from autograder.errors import AutograderError
from autograder.records import write_atomically

COLLECTED = "collected.json"

Known = dict[str, dict[str, dict[str, str]]]  # homework -> student -> what is known of the file that counts


class TimesError(AutograderError):
    """`collected.json` is damaged; the sentence says so."""


def read_collected(submissions: Path) -> Known:
    """What `collected.json` holds, nothing if there is none. Raises TimesError: it decides about penalties."""
    path = submissions / COLLECTED
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        if not all(isinstance(entry["collected"], str) for homework in known.values() for entry in homework.values()):
            raise ValueError("a time is missing")
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

    def of(self, homework: str, student: str) -> datetime | None:
        """When a student's submission of a homework was collected, None if nobody recorded it."""
        try:
            moment = datetime.fromisoformat(self._known[homework][student]["collected"])
        except (KeyError, TypeError, ValueError):
            return None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
