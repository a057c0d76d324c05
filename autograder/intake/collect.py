"""`make collect`: a platform's export, or a folder of loose notebooks, into `submissions/<student>/<hw>/<hw>.ipynb`.

Each notebook is written under a name of ours: `archives` reads it within limits, `names` says what its path tells,
`whose` who that is, `times` when it came. Whatever is not understood for certain is listed and left alone.

Of several files of one student, or of one team, the one in time counts before a late one (unless the latest is asked
for), then the one that its name or platform calls the newer copy, then the later one. Those that do not count are kept
in `replaced/`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from autograder.course import Course, Homework
from autograder.intake.archives import CollectError, Found, UnsafeError, files_of, is_litter
from autograder.intake.log import Log
from autograder.intake.names import Clue, Reading, understand, wrapper_of
from autograder.intake.roster import ROSTER, read_roster
from autograder.intake.submissions import name_key
from autograder.intake.times import (
    AT,
    COLLECTING,
    ENTRY,
    LOG,
    PLATFORM,
    SURE,
    Entry,
    Known,
    TimesError,
    moment_of,
    read_collected,
    write_collected,
)
from autograder.intake.whose import NobodyError, People
from autograder.notebooks import NotebookError, read_notebook
from autograder.notebooks.matching import DEFINITION
from autograder.provenance import released_notebook
from autograder.records import first_of, printable

ENOUGH_TO_TELL = 3  # names of another homework's exercises, and none of its own
MOST_NAMED = 10  # in one sentence
# An archive whose entries of so many people were all written within so short a time says when it was packed.
SOME_PEOPLE, PACKED_WITHIN = 3, timedelta(minutes=2)


@dataclass(frozen=True)
class Orders:
    """How to collect: for which homework, at what time things came, and whom and what to take."""

    homework: Homework | None = None
    at: datetime | None = None  # when all of it was handed in
    log: Log | None = None  # the platform's own list of when
    encoding: str = ""
    unknown: bool = False  # take those who are not on the roster
    latest: bool = False  # a late file replaces one in time


@dataclass
class Collected:
    """What came of it: (student, homework, file) of what is new, replaced, there already; (file, why) of the rest."""

    new: list[tuple[str, str, str]] = field(default_factory=list)
    replaced: list[tuple[str, str, str]] = field(default_factory=list)
    same: list[tuple[str, str, str]] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what is to be known of what was taken
    by: dict[str, int] = field(default_factory=dict)  # where times came from -> how many
    late_by_collecting: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Candidate:
    """A file that is somebody's: when it came and by which source, whether its platform calls it late."""

    found: Found
    student: str
    reading: Reading
    copy: int
    time: datetime
    by: str
    late: bool
    in_time: bool  # the platform's word
    in_clone: bool  # lies where this repository has its notebooks, so that it may never have been opened

    @property
    def order(self) -> tuple[int, int, datetime]:
        return (self.copy, self.reading.attachment, self.time)


def collect(
    source: Path,
    submissions: Path,
    course: Course,
    orders: Orders | Homework | None = None,
    now: datetime | None = None,
) -> Collected:
    """Take the notebooks of a file, an archive or a folder into `submissions`; a homework is what they are all for.

    A file that replaces another keeps the old one beside, in `replaced/`. Raises CollectError where nothing was done,
    and RosterError where the roster cannot be read.
    """
    if not isinstance(orders, Orders):
        orders = Orders(orders)
    taking = _Taking(submissions, course, orders, now or datetime.now(UTC))
    with contextlib.ExitStack() as opened:
        taking.take(files_of(source, opened, orders.encoding))
    return taking.done


class _Taking:
    """One run: what there is already, and what came of it."""

    def __init__(self, submissions: Path, course: Course, orders: Orders, now: datetime) -> None:
        self.submissions, self.course, self.orders, self.now = submissions, course, orders, now
        self.done = Collected()
        self.roster = read_roster(submissions.parent / ROSTER, orders.encoding)
        try:
            self.known: Known = read_collected(submissions)
        except TimesError as error:
            raise CollectError(str(error)) from None
        self.present = {entry.name for entry in submissions.iterdir()} if submissions.is_dir() else set()
        self.people = People(self.roster, self.known, self.present, orders.unknown)

    def take(self, files: Iterable[Found]) -> None:
        clued = self._understood([found for found in files if not is_litter(found.name)])
        self.people.expect(clue for _, clue in clued)
        owned: list[tuple[Found, Clue, str, Reading]] = []
        for found, clue in clued:
            try:
                owned.append((found, clue, *self.people.of(clue)))
            except NobodyError as error:
                self.done.left.append((found.name, str(error)))
        packed = _packing_time({student: found.time for found, _, student, _ in owned if found.time})
        chosen: dict[tuple[str, str], list[_Candidate]] = defaultdict(list)
        for found, clue, student, reading in owned:
            candidate = self._candidate(found, clue, student, reading, packed)
            chosen[self._unit(student, clue.homework), clue.homework].append(candidate)
        everybody = self.present | {one.student for candidates in chosen.values() for one in candidates}
        for (unit, homework), candidates in sorted(chosen.items()):
            if not self._left_as_nobody(unit, candidates, everybody):
                self._choose(unit, homework, candidates)
        if self.done.new or self.done.replaced or self.done.same:
            write_collected(self.submissions, self.known)

    def _understood(self, files: list[Found]) -> list[tuple[Found, Clue]]:
        wrapper, known = "", [given.id for given in self.course.given]
        while found := wrapper_of([one.name.removeprefix(wrapper) for one in files], known):
            if self.roster.called(found.rstrip("/")):
                break
            wrapper += found
        clued = []
        for one in files:
            if one.problem:
                self.done.left.append((one.name, one.problem))
                continue
            clue = understand(one.name.removeprefix(wrapper), self.course, self.orders.homework)
            if isinstance(clue, Clue):
                clued.append((one, clue))
            elif clue:
                self.done.left.append((one.name, clue))
        return clued

    def _unit(self, student: str, homework: str) -> str:
        """Whose folder a file goes to: the student's, or that of the teammate who has handed in already."""
        if not self.course.homework(homework).teams:
            return student
        team = self.roster.team_of(student)
        handed_in = [one for one in team if one in self.known.get(homework, {})]
        return handed_in[0] if handed_in else team[0] if len(team) > 1 else student

    def _candidate(self, found: Found, clue: Clue, student: str, reading: Reading, packed: bool) -> _Candidate:
        homework = self.course.homework(clue.homework)
        time, by = self._time(found, reading, student, homework, packed)
        deadline = homework.deadline
        if reading.late is None or by in (AT, LOG):
            late = deadline is not None and deadline.is_late(student, time)
            return _Candidate(found, student, reading, clue.copy, time, by, late, False, clue.in_repository)
        if reading.late and deadline is not None and not deadline.is_late(student, time):
            time, by = self.now, COLLECTING  # late, and nothing says how much
        in_time = not reading.late
        return _Candidate(found, student, reading, clue.copy, time, by, reading.late, in_time, clue.in_repository)

    def _time(
        self, found: Found, reading: Reading, student: str, homework: Homework, packed: bool
    ) -> tuple[datetime, str]:
        """When a file came, and what says so; nothing came later than now."""
        if self.orders.at:
            return self.orders.at, AT
        if self.orders.log and (time := self.orders.log.of(student, reading, self.roster)):
            return min(time, self.now), LOG
        if reading.time:
            return min(reading.time, self.now), PLATFORM
        if found.time and not packed:
            time = found.time if found.time.tzinfo else found.time.replace(tzinfo=self.course.zone)
            return min(time, self.now), ENTRY
        return self.now, COLLECTING

    def _left_as_nobody(self, unit: str, candidates: list[_Candidate], everybody: set[str]) -> bool:
        """Whether a name cannot be told from another by eye; who was there before is who they were."""
        for one in candidates:
            others = everybody - {one.student}
            twins = sorted(name for name in others if name_key(name) == name_key(one.student))
            alike = self.people.alike(one.student, others) if one.student not in self.present else []
            if twins:
                why = f"{one.student!r} and {twins[0]!r} differ only in case or in how letters are encoded"
            elif alike:
                why = (
                    f"{one.student!r} looks like {alike[0]!r} in letters of another script; a roster says who there is"
                )
            else:
                continue
            self.done.left += [(other.found.name, why) for other in candidates]
            return True
        return False

    def _choose(self, unit: str, homework: str, candidates: list[_Candidate]) -> None:
        """Keep the file that counts of those that came now, and then of that and the one that is there."""
        in_time = [one for one in candidates if not one.late]
        eligible = in_time if in_time and not self.orders.latest else candidates
        best = max(one.order for one in eligible)
        winners = [one for one in eligible if one.order[:2] == best[:2]]
        if len(winners) > 1:
            winners = self._told_apart(winners, homework)
        for one in candidates:
            if len(winners) > 1:
                why = f"there are {len(winners)} files of {unit} for {homework}; keep the one that counts"
                self.done.left.append((one.found.name, why))
            elif one is winners[0]:
                self._take(one, unit, homework)
            elif one.late and not winners[0].late:
                self._keep_beside(one, unit, homework, winners[0])
            else:
                self.done.left.append((one.found.name, f"{winners[0].found.name!r} of the same student is newer"))

    def _told_apart(self, winners: list[_Candidate], homework: str) -> list[_Candidate]:
        """The one of equals that counts: they are the same file, or times that platforms gave tell the later one."""
        with contextlib.suppress(UnsafeError, OSError, zipfile.BadZipFile):
            if len({hashlib.sha256(one.found.read()).digest() for one in winners}) == 1:
                return [min(winners, key=lambda one: one.found.name)]
        if all(one.by in (LOG, PLATFORM, ENTRY) for one in winners):
            latest = max(one.time for one in winners)
            last = [one for one in winners if latest - one.time < timedelta(seconds=3)]  # a zip counts in twos
            return last if len(last) == 1 else winners
        return winners

    def _keep_beside(self, one: _Candidate, unit: str, homework: str, counts: _Candidate | None) -> None:
        """A late file does not take the place of one in time; it is kept all the same."""
        with contextlib.suppress(UnsafeError, OSError, zipfile.BadZipFile):
            self._keep(one.found.read(), unit, homework)
        instead = f"{counts.found.name!r}" if counts else "the one that is there"
        why = f"is late, and {instead} came in time and counts; this one is in replaced/ (LATEST=1 takes it)"
        self.done.left.append((one.found.name, why))

    def _keep(self, data: bytes, unit: str, homework: str) -> None:
        name = f"{hashlib.sha256(data).hexdigest()[:12]}.ipynb"
        _write(self.submissions.parent / "replaced" / unit / homework / name, data)

    def _take(self, one: _Candidate, unit: str, homework: str) -> None:
        found, done = one.found, self.done
        try:
            data = found.read()
        except (UnsafeError, OSError, zipfile.BadZipFile) as error:
            done.left.append((found.name, str(error)))
            return
        if other := _of_another_homework(data, homework, self.course):
            done.left.append((found.name, f"holds the exercises of {other} and none of {homework}; which is it?"))
            return
        if one.in_clone and _is_untouched(data, self.course.homework(homework)):
            done.left.append((found.name, "is as it was released, in a clone of the whole repository"))
            return
        path = self.submissions / unit / homework / f"{homework}.ipynb"
        for part in (path, path.parent, path.parent.parent):
            if part.is_symlink() or (part.exists() and part.is_dir() == (part == path)):
                done.left.append((found.name, f"{part.relative_to(self.submissions)} is in the way"))
                return
        line, entry = (unit, homework, found.name), self._entry(one, data)
        old, before = path.read_bytes() if path.exists() else None, self.known.get(homework, {}).get(unit)
        if old == data:
            done.same.append(line)
            if before is None or _surer(entry, before):
                self._note(one, unit, homework, entry)
            return
        if old is not None and before and self._old_one_counts(one, before, homework, unit):
            return
        if old is not None:
            self._keep(old, unit, homework)
        _write(path, data)
        (done.new if old is None else done.replaced).append(line)
        self._note(one, unit, homework, entry)

    def _old_one_counts(self, one: _Candidate, before: Entry, homework: str, unit: str) -> bool:
        """Whether the file that is there counts before a new one; what is said of the new one then."""
        there, deadline = moment_of(before), self.course.homework(homework).deadline
        if there is None:
            return False
        was_late = (
            deadline is not None and not before.get("in_time") and deadline.is_late(before.get("student", unit), there)
        )
        if one.late and not was_late and not self.orders.latest:
            self._keep_beside(one, unit, homework, None)
            return True
        timed = (LOG, PLATFORM, ENTRY)
        if one.by in timed and before.get("by") in timed and one.time < there and one.late == was_late:
            self.done.left.append((one.found.name, f"is older than what {unit} has for {homework}, which counts"))
            return True
        return False

    def _entry(self, one: _Candidate, data: bytes) -> Entry:
        entry: Entry = {
            "collected": self.now.isoformat(timespec="seconds"),
            "time": one.time.isoformat(timespec="seconds"),
            "by": one.by,
            "sha256": hashlib.sha256(data).hexdigest(),
            "from": printable(one.found.name),
        }
        if one.in_time:
            entry["in_time"] = True
        if one.reading.platform:
            entry |= {"platform": one.reading.platform, "name": printable(one.reading.names[0])}
            entry["number"] = printable(one.reading.numbers[0])
        return entry

    def _note(self, one: _Candidate, unit: str, homework: str, entry: Entry) -> None:
        self.known.setdefault(homework, {})[unit] = entry
        self.done.by[one.by] = self.done.by.get(one.by, 0) + 1
        if one.by == COLLECTING and one.late:
            self.done.late_by_collecting.append(f"{unit}/{homework}")
        if one.student != unit:
            entry["student"] = one.student
            self.done.notes.append(f"{one.student} handed in {homework} for the team of {unit}")


def said_of_times(done: Collected) -> list[str]:
    """Where the times of what was taken came from, and whom the moment of collecting makes late."""
    words = {
        AT: "as AT= says",
        LOG: "by the log",
        PLATFORM: "by the platform's names",
        ENTRY: "by the archive's entries",
        COLLECTING: "at the moment of collecting, for nothing else is known",
    }
    said = [f"handed in: {', '.join(f'{done.by[by]} {words[by]}' for by in SURE if by in done.by)}"] if done.by else []
    if done.late_by_collecting:
        listed = first_of(done.late_by_collecting, MOST_NAMED)
        said.append(
            f"LATE by the moment of collecting alone: {len(done.late_by_collecting)} ({listed}); "
            "collect again with AT=2026-10-12T23:59 or LOG= the platform's table if they came in time"
        )
    return said


def _packing_time(times: dict[str, datetime]) -> bool:
    """Whether the times of an archive's entries say when it was packed, and nothing of when anything came."""
    plain = [time.replace(tzinfo=None) for time in times.values()]
    return len(plain) >= SOME_PEOPLE and max(plain) - min(plain) <= PACKED_WITHIN


def _surer(new: Entry, old: Entry) -> bool:
    """Whether a second collection of the same file knows better when it came: what people say counts anew each time."""
    now, before = (SURE.index(entry.get("by", COLLECTING)) for entry in (new, old))
    return now < before or (now == before and new["by"] in (AT, LOG))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    os.replace(part, path)


def _is_untouched(data: bytes, homework: Homework) -> bool:
    try:
        return released_notebook(homework).read_bytes() == data
    except OSError:
        return False


def _of_another_homework(data: bytes, homework: str, course: Course) -> str:
    """The homework whose exercises a notebook holds instead of its own, "" where there is no such."""
    try:
        cells = read_notebook(data).code
    except NotebookError:
        return ""  # `make grade` will say what is wrong with it
    defined = {name for cell in cells for name in DEFINITION.findall(cell.source)}
    found = {given.id: sum(bool(defined & set(e.names)) for e in given.exercises) for given in course.given}
    best = max(found, key=found.__getitem__)
    return best if best != homework and not found[homework] and found[best] >= ENOUGH_TO_TELL else ""
