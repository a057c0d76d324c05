"""What the path of a submitted file says: whose it may be, which homework, and what its platform adds to that.

Read from the outside in: in a student's own folder or archive no name makes it somebody else's. What can be read in two
ways is read in both, and `whose` decides which of them somebody is; what cannot be told is a sentence.

Moodle       Ada Lovelace_1041_assignsubmission_file_/hw1.ipynb, where the number is another in every assignment
Canvas       lovelaceada_LATE_12345_67890_hw1.ipynb: user and attachment; anon_Gx7pQ_8812_hw1.ipynb without names
Blackboard   Homework 1_ada12_attempt_2026-10-12-23-58-41_hw1.ipynb, beside a receipt of that name that ends in .txt
Brightspace  12345-67890 - Ada Lovelace - Oct 12, 2026 1159 PM/hw1.ipynb
GitHub       hw1-ada/homeworks/hw1/hw1.ipynb: this repository's own layout, in a clone that Classroom named
by hand      ada/hw1.ipynb, ada_hw1.ipynb, ada.zip
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from itertools import dropwhile
from pathlib import PurePosixPath

from autograder.course import Course, Homework
from autograder.intake.archives import is_archive, not_opened, without_ending
from autograder.intake.times import read_moment

MOODLE_MARK = "_assignsubmission_"
MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)", re.DOTALL)
# Every place of a name where Canvas's two numbers may stand, overlapping ones too.
CANVAS = re.compile(r"(?=(?P<late>_LATE)?_(?P<number>\d+)_(?P<attachment>\d+)_(?P<file>.+))", re.DOTALL)
CANVAS_ANONYMOUS = re.compile(
    r"(?P<late>LATE_)?anon_(?P<late_too>LATE_)?(?P<number>[A-Za-z0-9]{5})_(?P<attachment>\d+)_(?P<file>.+)", re.DOTALL
)
BLACKBOARD = re.compile(
    r"(?P<who>.+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|(?P<receipt>\.txt))", re.DOTALL
)
BRIGHTSPACE = re.compile(r"(?P<one>\d+)-(?P<other>\d+) ?- (?P<name>.+?) ?- (?P<time>.*\d.*)", re.DOTALL)
# What platforms put beside the files of a student, and what our own exports are.
OF_PLATFORM = re.compile(r"(?i)onlinetext\.html?|index\.html?|.*_assignsubmission_(?:onlinetext|comments)_.*\.html?")

# What browsers and Jupyter add to a second file of the same name; what Canvas adds may also be part of a name.
COPY = re.compile(r"[ _-]*(?:\((?P<a>\d{1,4})\)|copy *(?P<b>\d{0,4}))$", re.IGNORECASE)
CANVAS_COPY = re.compile(r"-(?P<a>\d{1,2})$")
# What "Copy of hw1" is called elsewhere (Colab, Finder, Explorer): no student has such a name.
COPY_WORDS = frozenset(
    "copy copie kopie kopia copia cópia còpia kopi kopio kópia másolat kopija копия копія копие αντίγραφο kopya bản "
    "salinan final new untitled notebook solution 副本 的副本 拷贝 复制 複本 コピー のコピー 사본 의 "
    "نسخة עותק สำเนา".split()
)
JOINING_WORDS = frozenset("of de von di av af van del la блокнота sao của".split())
QUOTES = "\"'«»„“”‚‘’"
# The folders of this repository, and those that hold a class: none of them is a student.
OF_REPOSITORY = frozenset("homeworks homework solutions autograder lectures data docs tests dgm notebooks src".split())
OF_CLASS = frozenset(
    "export exports download downloads submission submissions submitted students student all files assignments "
    "assignment class clones repos handed_in upload uploads".split()
)


@dataclass(frozen=True)
class Reading:
    """One way to read a path. `names` are what the student may be called by it, the likeliest first."""

    names: tuple[str, ...]
    file: str
    platform: str = ""
    numbers: tuple[str, ...] = ()  # what the platform may call the user
    time: datetime | None = None
    late: bool | None = None  # what the platform says of it
    attachment: int = 0  # Canvas's, which only ever grow
    anonymous: bool = False


@dataclass(frozen=True)
class Clue:
    """What a path says: a homework, and in which ways the student can be read.

    `in_repository`: it lies in a folder that this repository has as well, as in a clone of it.
    """

    homework: str
    readings: tuple[Reading, ...]
    copy: int = 0
    in_repository: bool = False


def understand(name: str, course: Course, homework: Homework | None) -> Clue | str:
    """What the path says, or why that cannot be told; "" for what a platform adds by itself."""
    parts = [unicodedata.normalize("NFC", part).strip() for part in PurePosixPath(name.replace("\\", "/")).parts]
    if not parts or OF_PLATFORM.fullmatch(parts[-1]):
        return ""
    known = [given.id for given in course.given]
    found = _by_platform(parts, course) or _by_folder(parts, known)
    if isinstance(found, str):
        return found
    if any(reading.file == "" for reading in found):
        return ""  # a receipt
    files = {reading.file for reading in found} or {parts[-1]}
    if not all(_is_notebook(file) for file in files):
        return _what_it_is(min(files))
    of_files = [_of_file(file, parts, known, homework) for file in sorted(files)]
    at, copy, inside = of_files[0]
    if any(other != at for other, *_ in of_files):
        return "can be read in two ways, which name two homeworks; rename it"
    if at is None:
        return f"does not say which homework it is; name one (HW={known[0] if known else 'hw1'})"
    if homework is not None and at != homework.id:
        return f"is {at}, not {homework.id}"
    if not found:
        if not inside or inside.casefold() in OF_REPOSITORY | OF_CLASS:
            return "does not say whose it is; put it into a folder of the student's name"
        found = (Reading((inside,), parts[-1]),)
    return Clue(at, found, copy, any(part.casefold() in OF_REPOSITORY for part in parts[:-1]))


def wrapper_of(names: list[str], known: list[str]) -> str:
    """The folder, with its slash, in which all lies and which is no student's: several students' files are in it."""
    tops = {name.partition("/")[0] for name in names}
    if len(tops) != 1 or is_archive(top := tops.pop()) or MOODLE_MARK in top or BRIGHTSPACE.fullmatch(top):
        return ""
    direct = [name.removeprefix(f"{top}/") for name in names]
    loose = [_without_copy(_stem(name), known)[0] for name in direct if re.fullmatch(r"(?i)[^/]+\.ipynb", name)]
    whose = {rest for at, rest in (_homework_in(stem, known) for stem in loose) if at and rest}
    folders = {name.partition("/")[0] for name in direct if name.lower().endswith(".ipynb") and "/" in name}
    folders = {name for name in folders if name.casefold() not in OF_REPOSITORY and _student_in(name, known)}
    return f"{top}/" if len(whose) > 1 or len(folders) > 2 or top.casefold() in OF_CLASS else ""


def _what_it_is(file: str) -> str:
    """What was handed in instead of a notebook."""
    lower = file.lower()
    if kind := not_opened(lower):
        return f"is {kind} archive, which is not opened here"
    kinds = {
        (".html", ".htm", ".mhtml"): "is a web page, and no notebook",
        (".url", ".webloc", ".desktop", ".lnk"): "is a link, and no notebook",
        (".py",): "is no notebook but Python code",
        (".pdf", ".doc", ".docx", ".odt"): "is a document, and no notebook",
        (".png", ".jpg", ".jpeg", ".heic"): "is a picture, and no notebook",
    }
    return next((said for endings, said in kinds.items() if lower.endswith(endings)), "is no notebook")


def _is_notebook(file: str) -> bool:
    """Also where a browser or a mail program has put its own ending behind the right one."""
    return re.search(r"\.ipynb(?:\.(?:txt|json|ipynb|download))?$", file, re.IGNORECASE) is not None


def _by_platform(parts: list[str], course: Course) -> tuple[Reading, ...] | str:
    """The ways to read the outermost name that a platform gave: what lies in that is the student's own."""
    within = ""
    for part in parts:
        last = part == parts[-1]
        if found := _readings(part, parts, last, course):
            if within:
                return f"has the name of another student, or {within!r} is an export: if so collect that by itself"
            return found
        within = within or (part if is_archive(part) else "")
    return ()


def _readings(part: str, parts: list[str], last: bool, course: Course) -> tuple[Reading, ...] | str:
    if part.count(MOODLE_MARK) > 1:
        return f"has Moodle's {MOODLE_MARK!r} twice in its name: nobody can tell whose it is"
    if moodle := MOODLE.fullmatch(part):
        file = (moodle["file"] or part) if last else parts[-1]
        return (Reading((moodle["name"].strip(),), file, "moodle", (moodle["number"],)),)
    if not last and not is_archive(part) and (space := BRIGHTSPACE.fullmatch(part)):
        time = read_moment(space["time"].strip(), course.zone)
        numbers = (f"{space['one']}-{space['other']}", space["one"], space["other"])
        return (Reading((space["name"].strip(),), parts[-1], "brightspace", numbers, time),)
    if not last and not is_archive(part):
        return ()
    if board := BLACKBOARD.fullmatch(part):
        if board["receipt"]:
            return (Reading((), "", "blackboard"),)
        pieces = board["who"].split("_")
        names = ["_".join(pieces[start:]) for start in range(1, len(pieces))][::-1] or pieces
        time = read_moment(board["time"], course.zone)
        file = board["file"] if last else parts[-1]
        return tuple(Reading((name,), file, "blackboard", (name,), time) for name in names)
    return tuple(_of_canvas(part, parts, last))


def _of_canvas(part: str, parts: list[str], last: bool) -> list[Reading]:
    made = []
    for found in CANVAS.finditer(part):
        name = part[: found.start()]
        if name.endswith("_LATE") or not name.strip():
            continue  # the same numbers, read from one place further on
        late, file = bool(found["late"]), found["file"] if last else parts[-1]
        number, attachment = found["number"], int(found["attachment"][:18])
        made.append(Reading((name.strip(),), file, "canvas", (number,), None, late, attachment))
    if hidden := CANVAS_ANONYMOUS.fullmatch(part):
        late, file = bool(hidden["late"] or hidden["late_too"]), hidden["file"] if last else parts[-1]
        number, attachment = hidden["number"], int(hidden["attachment"][:18])
        made.append(Reading((f"anon_{number}",), file, "canvas", (number,), None, late, attachment, anonymous=True))
    return made


def _by_folder(parts: list[str], known: list[str]) -> tuple[Reading, ...] | str:
    """Whose it is by a folder of the student's name, or by an archive of that name; () where no name is there."""
    first = next((index for index, part in enumerate(parts[:-1]) if is_archive(part)), len(parts) - 1)
    folders = list(dict.fromkeys(name for part in parts[:first] if (name := _student_in(part, known))))
    archive = _student_in(parts[first], known) if first < len(parts) - 1 else ""
    if folders and archive:
        return f"could be of {folders[-1]!r} or of {archive!r}; unpack that into a folder of the student's name"
    inside = [name for part in parts[first + 1 : -1] if (name := _student_in(part, known))]
    names = [archive] if archive else folders or inside
    return (Reading(tuple(names), parts[-1]),) if names else ()


def _student_in(part: str, known: list[str]) -> str:
    """The student that the name of a folder or archive holds, "" where it names a homework, a class or a place."""
    stem, _ = _without_copy(without_ending(part), known)
    at, rest = _homework_in(stem, known)
    name = rest if at else without_ending(part) if is_archive(part) else part
    nobody = name.casefold() in OF_REPOSITORY | OF_CLASS or re.fullmatch(r"hw\d+", name, re.IGNORECASE)
    return "" if nobody else name.strip()


def _of_file(file: str, parts: list[str], known: list[str], homework: Homework | None) -> tuple[str | None, int, str]:
    """The homework that a file is, which copy of it, and what its name says besides."""
    stem, copy = _without_copy(_stem(file), known)
    at, inside = _homework_in(stem, known)
    if at is None and (found := _anywhere(stem, known)):
        at, copy, inside = found, max(copy, 1), ""
    if at is None:
        folders = (_homework_in(without_ending(part), known)[0] for part in reversed(parts[:-1]))
        at = next((found for found in folders if found), homework.id if homework else None)
        inside = stem  # ada.ipynb, in a folder hw1 or for HW=hw1
    if inside and (own := _without_copy_words(inside)) != inside:
        copy, inside = max(copy, 1), own
    return at, copy, inside


def _anywhere(stem: str, known: list[str]) -> str | None:
    """The one homework whose name stands in a file's name as a word of its own, in whatever language the rest is."""
    found = [
        name for name in known if re.search(rf"(?<![0-9A-Za-z]){re.escape(name)}(?![0-9A-Za-z])", stem, re.IGNORECASE)
    ]
    return found[0] if len(found) == 1 else None


def _without_copy_words(text: str) -> str:
    """What is left of a name behind words that say that it is a copy; the whole of it where it begins otherwise."""
    words = text.translate(str.maketrans("", "", QUOTES)).replace("_", " ").split()
    if not words or not _is_of(words[0], COPY_WORDS):
        return text
    rest = list(dropwhile(lambda word: _is_of(word, COPY_WORDS | JOINING_WORDS), words))
    return " ".join(rest)


def _is_of(word: str, words: frozenset[str]) -> bool:
    plain = re.sub(r"\d+$", "", word.casefold().strip("-–—()."))
    return plain in words or not plain


def _stem(file: str) -> str:
    """A file's name without its endings, and without quotes around what Colab copies."""
    stem = re.sub(r"\.ipynb(?:\.(?:txt|json|ipynb|download))?$", "", file, flags=re.IGNORECASE)
    # Colab writes the whole name within its phrase: "hw1.ipynb のコピー".
    return re.sub(r"\.ipynb(?![0-9A-Za-z])", "", stem, flags=re.IGNORECASE).strip().strip(QUOTES)


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
        called = spellings(name)
        if re.fullmatch(called, plain):
            return name, ""
        if found := re.fullmatch(rf"(?P<who>.+?)[ _-]+(?:{called})", stem, re.IGNORECASE):
            return name, found["who"].strip()
        if found := re.fullmatch(rf"(?:{called})[ _-]+(?P<who>.+)", stem, re.IGNORECASE):
            return name, found["who"].strip()
    return None, ""


def spellings(homework: str) -> str:
    """A pattern of how people write a homework's id: hw1 is also HW 01, Homework 1 and homework_1."""
    if found := re.fullmatch(r"hw(\d+)", homework, re.IGNORECASE):
        return rf"(?:hw|homework)[ _-]?0*{found[1]}"
    return re.escape(homework)
