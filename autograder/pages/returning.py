"""`make return`: feedback pages on their way back, as the platforms take them, or by mail.

Moodle  *Grading > Upload multiple feedback files in a zip*: a file belongs to whom its folder names, as downloaded:
        `Ada Lovelace_1041_assignsubmission_file_/` (mod/assign/feedback/file/importziplib.php).
Canvas  *Upload Submissions* takes back files that are called as in its download, `lovelaceada_12345_67890_hw1.html`:
        the ids of the user and of the file they handed in. Each becomes an attachment of a comment.
mail    one message per student with the page attached, to the address of `roster.csv`. Nothing is sent unless asked,
        and a page that was sent is not sent again while it stays the same.

Where a submission came from, and what it was called there, stands in `collected.json`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import smtplib
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path, PurePosixPath

from autograder.course import Course, Homework
from autograder.errors import AutograderError
from autograder.intake.roster import Roster
from autograder.intake.times import CollectedTimes
from autograder.pages.feedback import feedback_path
from autograder.records import write_atomically

MOODLE, CANVAS, MAIL = "moodle", "canvas", "mail"
MOODLE_PART = re.compile(r"(?P<prefix>.+_\d+_assignsubmission_[a-z]+)(?:_.*)?")
CANVAS_FILE = re.compile(r".+_\d+_\d+_.+")
# A date that is the same in every zip, so that the same pages give the same file.
NO_DATE = (2000, 1, 1, 0, 0, 0)
SECONDS = 30  # to wait for a mail server


class ReturnError(AutograderError):
    """Pages cannot be returned in the way that was asked for; the sentence says why."""


@dataclass
class Returned:
    """What was written, whose pages are in it, and (student, why) of those who are in nothing."""

    files: list[Path] = field(default_factory=list)
    to: dict[str, list[str]] = field(default_factory=dict)  # moodle, canvas -> students
    left: list[tuple[str, str]] = field(default_factory=list)


def pages_of(feedback: Path, homework: Homework) -> dict[str, Path]:
    """student -> their page, of everybody who has one."""
    suffix = feedback_path(Path(), homework.id, "x").name
    return {path.parent.name: path for path in sorted(feedback.glob(f"*/{suffix}"))}


def write_zips(folder: Path, homework: Homework, pages: dict[str, Path], times: CollectedTimes) -> Returned:
    """Write `moodle-<hw>.zip` and `canvas-<hw>.zip`, of those that came from there. Earlier ones of that name go."""
    done = Returned()
    inside: dict[str, dict[str, Path]] = {MOODLE: {}, CANVAS: {}}
    placed = set()
    for student, page in pages.items():
        entry = times.entry(homework.id, student)
        name = _name_in(entry.get("platform", ""), entry.get("from", ""), homework) if entry else None
        if entry is None or name is None:
            continue
        platform, owner = entry["platform"], entry.get("student", student)  # of a team, who handed it in
        inside[platform][name] = pages.get(owner, page)
        done.to.setdefault(platform, []).append(owner)
        placed.add(owner)
    why = "did not come from Moodle or Canvas, or not with `make collect`"
    done.left += [(student, why) for student in pages if student not in placed]
    folder.mkdir(parents=True, exist_ok=True)
    for platform, files in inside.items():
        target = folder / f"{platform}-{homework.id}.zip"
        target.unlink(missing_ok=True)
        if files:
            _zip(target, files)
            done.files.append(target)
    return done


def _name_in(platform: str, taken_from: str, homework: Homework) -> str | None:
    """What a page is called for the platform, by what the submission was called; None where that does not tell."""
    parts = PurePosixPath(taken_from.replace("\\", "/")).parts
    if platform == MOODLE:
        found = next((found for part in parts if (found := MOODLE_PART.fullmatch(part))), None)
        return f"{found['prefix']}_/{homework.id}-feedback.html" if found else None
    if platform == CANVAS and parts and CANVAS_FILE.fullmatch(parts[-1]):
        return PurePosixPath(parts[-1]).with_suffix(".html").name
    return None


def _zip(target: Path, files: dict[str, Path]) -> None:
    part = target.with_name(f".{target.name}.part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, page in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, NO_DATE), page.read_bytes(), zipfile.ZIP_DEFLATED)
    os.replace(part, target)


# --- mail ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Server:
    """A mail server; user and password, where it asks for them, come from SMTP_USER and SMTP_PASSWORD."""

    host: str
    port: int

    @classmethod
    def of(cls, address: str) -> Server:
        """The server of "host:port". Raises ReturnError."""
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ReturnError(f"a mail server is named as host:port, such as mail.example.org:587, not {address!r}")
        return cls(host, int(port))


def messages(
    course: Course, homework: Homework, pages: dict[str, Path], roster: Roster, sender: str, sent: dict[str, str]
) -> tuple[list[tuple[str, EmailMessage]], list[tuple[str, str]]]:
    """(student, message) for every page that was not sent yet, and (student, why) of those who get none.

    What a team handed in goes to each of its members. `sent` is student -> digest, as `read_sent` gives it.
    """
    made, left = [], []
    for owner, page in pages.items():
        data = page.read_bytes()
        team = roster.team_of(owner) if homework.teams else ()
        for student in (owner, *(one for one in team if one not in pages)):
            known = roster.get(student)
            if not known.email:
                left.append((student, "has no address in roster.csv"))
            elif sent.get(student) == digest(data):
                left.append((student, "has it already"))
            else:
                made.append((student, _message(course, homework, known.shown, known.email, sender, data)))
    return made, left


def _message(course: Course, homework: Homework, name: str, to: str, sender: str, data: bytes) -> EmailMessage:
    message = EmailMessage()
    try:
        message["From"], message["To"] = sender, to
        message["Subject"] = f"{course.title}: feedback on {homework.id}"
    except ValueError as error:  # a line break in an address
        raise ReturnError(f"{to!r} or {sender!r} is no address: {error}") from None
    message.set_content(
        f"Dear {name},\n\nthe attached page says what was found in your {homework.id} ({homework.title}).\n"
        "Open it in a browser. If you think that something in it is wrong, answer to this message.\n"
    )
    message.add_attachment(data, maintype="text", subtype="html", filename=f"{homework.id}-feedback.html")
    return message


def send(server: Server, made: Iterable[tuple[str, EmailMessage]], sent: dict[str, str], log: Path) -> list[str]:
    """Send the messages, and note each in `log` at once. Returns whose were sent. Raises ReturnError where it stops."""
    done: list[str] = []
    try:
        with smtplib.SMTP(server.host, server.port, timeout=SECONDS) as connection:
            connection.ehlo()
            if connection.has_extn("starttls"):
                connection.starttls()
                connection.ehlo()
            if user := os.environ.get("SMTP_USER"):
                connection.login(user, os.environ.get("SMTP_PASSWORD", ""))
            for student, message in made:
                connection.send_message(message)
                done.append(student)
                (attached,) = message.iter_attachments()
                sent[student] = digest(attached.get_payload(decode=True))
                write_atomically(log, lambda file: file.write(json.dumps(sent, indent=1, sort_keys=True) + "\n"))
    except (OSError, smtplib.SMTPException) as error:
        sentence = f"{server.host}:{server.port}: {type(error).__name__}: {error}"
        raise ReturnError(f"{sentence}; {len(done)} were sent and are noted, the next run goes on from there") from None
    return done


def read_sent(log: Path) -> dict[str, str]:
    """student -> digest of the page they were sent; empty where nothing was."""
    try:
        return {str(student): str(known) for student, known in json.loads(log.read_text(encoding="utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError) as error:
        raise ReturnError(f"{log} is damaged ({error}); it says who was sent what") from None


def digest(data: object) -> str:
    return hashlib.sha256(data if isinstance(data, bytes) else b"").hexdigest()
