"""`make collect`: an LMS export, or a folder of loose notebooks, into `submissions/<student>/<hw>/<hw>.ipynb`.

nbgrader's zip_collect unpacks an archive as a whole before it looks at it, without a limit, and takes the time of a
submission from a file in it. Here nothing is unpacked: each notebook is read out of its archive, within limits, and
written under a name of ours, so no name in an archive ever becomes a path; and the time is the time of collecting.

Understood are nbgrader's own layout, what Moodle and Canvas export, a folder or a zip per student, and file names of
student and homework (`ada_hw1.ipynb`, or `ada.ipynb` where the homework is given). `roster.csv` with the columns
student and alias may give other names of a student, an LMS number for instance. Whatever is not understood is listed
and left alone. Whose a file is, is read from the outside in: in a student's own zip no name makes it somebody else's.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path, PurePosixPath

from autograder.course import Course, Homework
from autograder.late import COLLECTED
from autograder.matching import DEFINITION
from autograder.reading import MAX_BYTES, NotebookError, read_notebook
from autograder.records import printable, write_atomically
from autograder.submissions import LITTER, student_id_problem

MOST_FILES = 20_000  # of one archive
MOST_NESTED = 2_000  # files of a zip in it
MOST_BYTES = 8 << 30  # of one archive, unpacked
LARGEST_NESTED = 256 << 20  # a zip in a zip is held in memory, one at a time
DEEPEST = 2  # zips in zips

MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)", re.DOTALL)
CANVAS = re.compile(r"(?P<name>[^_]+)(?:_LATE)?_(?P<number>\d+)_\d+_(?P<file>.+)", re.DOTALL)
# What browsers and Jupyter add to a second file of the same name; what Canvas adds may also be part of a name.
COPY = re.compile(r"[ _-]*(?:\((?P<a>\d{1,4})\)|copy *(?P<b>\d{0,4}))$", re.IGNORECASE)
CANVAS_COPY = re.compile(r"-(?P<a>\d{1,2})$")
ENOUGH_TO_TELL = 3  # names of another homework's exercises, and none of its own


class CollectError(Exception):
    """Nothing was collected; the sentence says why."""


class UnsafeError(Exception):
    """A file is left alone; the sentence says why."""


@dataclass(frozen=True)
class Found:
    """A file of the source. `read` gives its bytes, at most so many, or raises UnsafeError."""

    name: str
    read: Callable[[], bytes]
    problem: str = ""


@dataclass(frozen=True)
class Guess:
    student: str
    homework: str
    copy: int = 0


@dataclass
class Collected:
    """What came of it: (student, homework, file) of what is new, replaced, there already; (file, why) of the rest."""

    new: list[tuple[str, str, str]] = field(default_factory=list)
    replaced: list[tuple[str, str, str]] = field(default_factory=list)
    same: list[tuple[str, str, str]] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)


def collect(
    source: Path, submissions: Path, course: Course, homework: Homework | None = None, now: datetime | None = None
) -> Collected:
    """Take the notebooks of a zip file or a folder into `submissions`; `homework` is the one they are all for.

    A file that replaces another keeps the old one beside, in `replaced/`. Raises CollectError where nothing was done.
    """
    now = now or datetime.now(UTC)
    roster = _roster(submissions.parent / "roster.csv")
    done, chosen = Collected(), {}
    with contextlib.ExitStack() as opened:
        _choose(_files(source, opened), course, homework, roster, chosen, done)
        _take_all(chosen, submissions, course, now, done)
    return done


def _choose(
    files: Iterable[Found],
    course: Course,
    homework: Homework | None,
    roster: dict[str, str],
    chosen: dict[tuple[str, str], list[tuple[int, Found]]],
    done: Collected,
) -> None:
    files = [found for found in files if not _is_litter(found.name)]
    wrapper = _wrapper([found.name for found in files], [given.id for given in course.given])
    for found in files:
        if found.problem:
            done.left.append((found.name, found.problem))
            continue
        guess = _understand(found.name.removeprefix(wrapper), course, homework, roster)
        if isinstance(guess, str):
            done.left.append((found.name, guess))
            continue
        chosen.setdefault((guess.student, guess.homework), []).append((guess.copy, found))


def _take_all(
    chosen: dict[tuple[str, str], list[tuple[int, Found]]],
    submissions: Path,
    course: Course,
    now: datetime,
    done: Collected,
) -> None:
    known = _read_collected(submissions)
    present = {entry.name for entry in submissions.iterdir()} if submissions.is_dir() else set()
    present |= {student for student, _ in chosen}
    for (student, homework_id), candidates in sorted(chosen.items()):
        twins = sorted(name for name in present if name != student and _same_to_the_eye(name, student))
        best = max(copy for copy, _ in candidates)
        winners = [found for copy, found in candidates if copy == best]
        for copy, found in candidates:
            if twins:
                why = f"{student!r} and {twins[0]!r} differ only in case or in how letters are encoded"
                done.left.append((found.name, why))
            elif copy < best:
                done.left.append((found.name, f"{winners[0].name!r} of the same student has a higher number"))
            elif len(winners) > 1:
                why = f"there are {len(winners)} files of {student} for {homework_id}; keep the one that counts"
                done.left.append((found.name, why))
            else:
                _take(found, Guess(student, homework_id), submissions, course, known, now, done)
    if done.new or done.replaced:
        text = json.dumps(known, indent=1, ensure_ascii=False, sort_keys=True)
        write_atomically(submissions / COLLECTED, lambda file: file.write(text + "\n"))


# --- reading, within limits ------------------------------------------------------------------------------------------


Opener = Callable[[], contextlib.AbstractContextManager[zipfile.ZipFile]]


def _files(source: Path, opened: contextlib.ExitStack) -> Iterator[Found]:
    if source.is_dir():
        yield from _of_folder(source)
    elif zipfile.is_zipfile(source):
        archive = opened.enter_context(zipfile.ZipFile(source))
        yield from _of_archive(lambda: contextlib.nullcontext(archive), source.name, "", 0)
    elif not source.exists():
        raise CollectError(f"there is no {source}")
    else:
        raise CollectError(f"{source} is neither a folder nor a zip file")


def _of_folder(folder: Path) -> Iterator[Found]:
    count = 0
    for where, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if name not in LITTER)
        for name in sorted(names):
            count += 1
            if count > MOST_FILES:
                raise CollectError(f"{folder} has more than {MOST_FILES} files; nothing was collected")
            path = Path(where) / name
            shown = path.relative_to(folder).as_posix()
            if not stat.S_ISREG(path.lstat().st_mode):
                yield Found(shown, lambda: b"", "is a link or no ordinary file")
            elif name.lower().endswith(".zip") and not _is_litter(shown):
                yield from _nested(lambda path=path: zipfile.ZipFile(path), shown, 1)
            else:
                yield Found(shown, lambda path=path: _read_file(path))


def _of_archive(reopen: Opener, called: str, prefix: str, depth: int) -> Iterator[Found]:
    """The files of an archive; `reopen` gives it again for each one that is read, so that none stays in memory."""
    with reopen() as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > (most := MOST_NESTED if depth else MOST_FILES):
        raise CollectError(f"{called} has {len(entries)} files, more than {most}")
    if (total := sum(entry.file_size for entry in entries)) > MOST_BYTES:
        raise CollectError(f"{called} unpacks to {total >> 20} MB, more than {MOST_BYTES >> 20}")
    seen: set[str] = set()
    for entry in entries:
        name = _decoded(entry)
        shown = f"{prefix}{name}"
        problem = _problem(entry, name) or ("is in the archive twice" if name in seen else "")
        seen.add(name)

        def read(entry: zipfile.ZipInfo = entry, limit: int = MAX_BYTES) -> bytes:
            with reopen() as again:
                return _read(again, entry, limit)

        if problem or not name.lower().endswith(".zip") or _is_litter(name):
            yield Found(shown, read, problem)
        elif depth >= DEEPEST:
            yield Found(shown, read, "is a zip file in a zip file in a zip file")
        else:
            inner = lambda read=read: zipfile.ZipFile(BytesIO(read(limit=LARGEST_NESTED)))  # noqa: E731
            yield from _nested(inner, shown, depth + 1)


def _nested(reopen: Opener, shown: str, depth: int) -> Iterator[Found]:
    """A zip within the source: what is wrong with it costs only itself."""
    try:
        yield from _of_archive(reopen, "it", f"{shown}/", depth)
    except (zipfile.BadZipFile, UnsafeError, OSError, NotImplementedError, ValueError) as error:
        yield Found(shown, lambda: b"", f"cannot be opened: {error}")
    except CollectError as error:
        yield Found(shown, lambda: b"", str(error))


def _problem(entry: zipfile.ZipInfo, name: str) -> str:
    """Why an entry of an archive is not even looked into."""
    mode = entry.external_attr >> 16
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) or "\0" in name:
        return "has a path that leads out of the archive"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a link or no ordinary file"
    if entry.flag_bits & 0x1:
        return "is encrypted"
    if entry.file_size > (LARGEST_NESTED if name.lower().endswith(".zip") else MAX_BYTES):
        return f"unpacks to {entry.file_size >> 20} MB, which is too much; ask for it without its outputs"
    return ""


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    """The bytes of an entry; what the archive says of their number is not trusted."""
    try:
        with archive.open(entry) as file:
            data = file.read(limit + 1)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        raise UnsafeError(f"cannot be read: {error}") from None
    except Exception as error:  # zlib.error, lzma.LZMAError
        raise UnsafeError(f"is damaged: {error}") from None
    return _limited(data, limit)


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return _limited(file.read(MAX_BYTES + 1), MAX_BYTES)


def _limited(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise UnsafeError(f"has more than {limit >> 20} MB; ask for it without its outputs")
    return data


def _decoded(entry: zipfile.ZipInfo) -> str:
    """An entry's name. Many programs write UTF-8 without saying so, which zipfile takes for code page 437."""
    name = entry.filename
    if not entry.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            pass
    return unicodedata.normalize("NFC", name)


def _is_litter(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(part in LITTER or part.startswith("._") for part in parts) or (bool(parts) and parts[-1].startswith("."))


# --- whose is it, and which homework ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Who:
    """Whose a file is by its path: the name, what a roster may call it, and the file's name without an LMS's part."""

    name: str
    aliases: tuple[str, ...]
    file: str


def _understand(name: str, course: Course, homework: Homework | None, roster: dict[str, str]) -> Guess | str:
    """Whose file this is and for which homework, or why that cannot be told."""
    parts = [unicodedata.normalize("NFC", part).strip() for part in PurePosixPath(name.replace("\\", "/")).parts]
    if not parts or not parts[-1].lower().endswith(".ipynb"):
        return "is no notebook"
    known = [given.id for given in course.given]
    who = _by_lms(parts) or _by_folder(parts, known)
    if isinstance(who, str):
        return who
    stem, copy = _without_copy((who.file if who else parts[-1])[: -len(".ipynb")], known)
    at, inside = _homework_in(stem, known)
    if at is None:
        folders = (_homework_in(_stem(part), known)[0] for part in reversed(parts[:-1]))
        at = next((found for found in folders if found), homework.id if homework else None)
        inside = stem  # ada.ipynb, in a folder hw1 or for HW=hw1
    if at is None:
        return f"does not say which homework it is; name one (HW={known[0] if known else 'hw1'})"
    if homework is not None and at != homework.id:
        return f"is {at}, not {homework.id}"
    if who is None and not inside:
        return "does not say whose it is; put it into a folder of the student's name"
    student, aliases = (who.name, who.aliases) if who else (inside, (inside,))
    student = next((roster[alias.casefold()] for alias in aliases if alias.casefold() in roster), student)
    if problem := student_id_problem(student):
        return f"the name {printable(student)!r} {problem}"
    return Guess(student, at, copy)


def _wrapper(names: list[str], known: list[str]) -> str:
    """The folder, with its slash, in which all lies and which is no student's: files of several students are in it."""
    tops = {name.partition("/")[0] for name in names}
    if len(tops) != 1 or _is_zip(top := tops.pop()):
        return ""
    direct = [name.removeprefix(f"{top}/") for name in names]
    loose = [
        _without_copy(name[: -len(".ipynb")], known)[0] for name in direct if re.fullmatch(r"(?i)[^/]+\.ipynb", name)
    ]
    whose = {rest for at, rest in (_homework_in(stem, known) for stem in loose) if at and rest}
    return f"{top}/" if len(whose) > 1 else ""


def _by_lms(parts: list[str]) -> _Who | None | str:
    """Whose it is by the outermost name that Moodle or Canvas gave: what lies in that is the student's own."""
    within = ""
    for part in parts:
        for pattern in (MOODLE, CANVAS) if part == parts[-1] or _is_zip(part) else (MOODLE,):
            if found := pattern.fullmatch(part):
                if within:
                    return f"has the name of another student, or {within!r} is an export: if so collect that by itself"
                name, number = found["name"].strip(), found["number"]
                file = (found["file"] or part) if part == parts[-1] else parts[-1]
                return _Who(f"{name}_{number}", (f"{name}_{number}", number, name), file)
        within = within or (part if _is_zip(part) else "")
    return None


def _by_folder(parts: list[str], known: list[str]) -> _Who | None | str:
    """Whose it is by a folder of the student's name, the last one, or by a zip file of that name."""
    first = next((index for index, part in enumerate(parts[:-1]) if _is_zip(part)), len(parts) - 1)
    folders = [name for part in parts[:first] if (name := _student_in(part, known))]
    archive = _student_in(parts[first], known) if first < len(parts) - 1 else ""
    if folders and archive:
        return f"could be of {folders[-1]!r} or of {archive!r}; unpack that zip into a folder of the student's name"
    inside = [name for part in parts[first + 1 : -1] if (name := _student_in(part, known))]
    name = archive or next(reversed(folders), "") or next(reversed(inside), "")
    return _Who(name, (name,), parts[-1]) if name else None


def _student_in(part: str, known: list[str]) -> str:
    """The student that the name of a folder or zip file holds, "" where it names a homework and nobody."""
    stem, _ = _without_copy(_stem(part), known)
    at, rest = _homework_in(stem, known)
    if _is_zip(part):
        return rest if at else stem
    return "" if re.fullmatch(r"hw\d+", part, re.IGNORECASE) else part


def _is_zip(part: str) -> bool:
    return part.lower().endswith(".zip")


def _stem(part: str) -> str:
    return part[: -len(".zip")] if _is_zip(part) else part


def _without_copy(stem: str, known: list[str]) -> tuple[str, int]:
    stem, copy = stem.strip(), 0
    while found := COPY.search(stem) or CANVAS_COPY.search(stem):
        rest = stem[: found.start()].strip()
        if found.re is CANVAS_COPY and not any(rest.casefold().endswith(name) for name in known):
            break  # "s-12" is a student
        copy, stem = max(copy, int(next(filter(None, found.groups()), "1"))), rest
    return stem, copy


def _homework_in(stem: str, known: list[str]) -> tuple[str | None, str]:
    """The homework that a file's name has, at its end or beginning, and what is left of the name."""
    plain = stem.casefold()
    for name in sorted(known, key=len, reverse=True):
        if plain == name:
            return name, ""
        if found := re.fullmatch(rf"(?P<who>.+?)[ _-]+{re.escape(name)}", stem, re.IGNORECASE):
            return name, found["who"].strip()
        if found := re.fullmatch(rf"{re.escape(name)}[ _-]+(?P<who>.+)", stem, re.IGNORECASE):
            return name, found["who"].strip()
    return None, ""


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


def _same_to_the_eye(one: str, other: str) -> bool:
    def folded(name: str) -> str:
        return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())

    return folded(one) == folded(other)


def _roster(path: Path) -> dict[str, str]:
    """alias -> student. Raises CollectError for a file that cannot be used."""
    if not path.exists():
        return {}
    aliases: dict[str, str] = {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                student, alias = unicodedata.normalize("NFC", row["student"]).strip(), row["alias"].strip()
                alias = unicodedata.normalize("NFC", alias).casefold()
                if aliases.setdefault(alias, student) != student:
                    raise CollectError(f"{path}: {alias!r} is an alias of two students")
    except (KeyError, AttributeError, csv.Error, UnicodeDecodeError):
        raise CollectError(f"{path} must be CSV in UTF-8 with the columns student,alias") from None
    return aliases


# --- writing ---------------------------------------------------------------------------------------------------------


def _take(
    found: Found, whose: Guess, submissions: Path, course: Course, known: dict, now: datetime, done: Collected
) -> None:
    student, homework = whose.student, whose.homework
    try:
        data = found.read()
    except (UnsafeError, OSError, zipfile.BadZipFile) as error:
        done.left.append((found.name, str(error)))
        return
    if other := _of_another_homework(data, homework, course):
        done.left.append((found.name, f"holds the exercises of {other} and none of {homework}; which is it?"))
        return
    path = submissions / student / homework / f"{homework}.ipynb"
    for part in (path, path.parent, path.parent.parent):
        if part.is_symlink() or (part.exists() and part.is_dir() == (part == path)):
            done.left.append((found.name, f"{part.relative_to(submissions)} is in the way"))
            return
    digest, line = hashlib.sha256(data).hexdigest(), (student, homework, found.name)
    old = path.read_bytes() if path.exists() else None
    if old == data:
        done.same.append(line)
        return
    if old is not None:
        name = f"{hashlib.sha256(old).hexdigest()[:12]}.ipynb"
        _write(submissions.parent / "replaced" / student / homework / name, old)
    _write(path, data)
    (done.new if old is None else done.replaced).append(line)
    entry = {"collected": now.isoformat(timespec="seconds"), "sha256": digest, "from": printable(found.name)}
    known.setdefault(homework, {})[student] = entry


def _read_collected(submissions: Path) -> dict:
    """What `collected.json` holds. Raises CollectError when it is damaged: it decides about penalties."""
    path = submissions / COLLECTED
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        if not all(isinstance(entry["collected"], str) for homework in known.values() for entry in homework.values()):
            raise ValueError("a time is missing")
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CollectError(f"{path} is damaged ({error}); it holds when submissions were collected") from None
    return known


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    os.replace(part, path)
