"""What an attack is, and how one is run through the real reader, guest, judge, record and page."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from autograder import records
from autograder.course import Course, Homework, format_points, load_course
from autograder.desk import demo
from autograder.judging.grading import Material, grade_submission, load_material
from autograder.pages import feedback
from autograder.records import Record
from autograder.sandbox import Sandbox

HOMEWORK = "hw1"
SEED = 20_240
WALL_SECONDS = 120.0
SHORT = {"cpu_seconds": 0.5, "wall_seconds": 1.5}  # for what hangs: its whole time is waited for
SMALL = {"memory_bytes": 3 << 29}
# Put together at run time by attacks, so that it stands in no source line that a page may quote.
MARK = "LEAKED"
MARKER_FILE = "dgm-attack-was-here"

NOTHING, EVERYTHING, WHATEVER = "nothing", "everything", "whatever"

# How an added cell takes the place of an exercise's functions: all of them call `evil`.
STAND_INS = {
    "f_divergence": "def f_divergence(p, q, f):\n    return evil(p, q, f)\n\n\n"
    "def alpha_divergence(p, q, alpha):\n    return evil(p, q, alpha)\n",
    "elbo": "def elbo(*arguments):\n    return evil(*arguments)\n\n\ndef elbo_gap(*arguments):\n"
    "    return evil(*arguments)\n",
}
# What an attack on f_divergence returns when it has succeeded.
RIGHT = """
def right(p, q, third):
    if callable(third):
        return (q * third(p / q)).sum()
    if abs(third) == 1:
        return third * ((p if third == 1 else q) * (p / q).log()).sum()
    return 4 / (1 - third**2) * (1 - (p ** ((1 + third) / 2) * q ** ((1 - third) / 2)).sum())
"""


@dataclass(frozen=True)
class Attack:
    """One submission and its verdict.

    `source` is a cell below the notebook `base` ("released" or "solved"), unless `make` gives the whole file. It is
    graded on the exercises `on`; every check must end in one of `states`, and the points must be `points`: nothing,
    everything, a number, or whatever they are where `judge` says what matters. `noticed` must occur among the record's
    suspicions. With `refused` the file cannot be graded and the reason holds that text. `judge` looks at the record for
    what else must hold: a complaint, or "".
    """

    id: str
    threat: str
    story: str
    source: str = ""
    on: tuple[str, ...] = ("f_divergence",)
    states: tuple[str, ...] = ("failed",)
    points: str = NOTHING
    base: str = "released"
    noticed: str = ""
    refused: str = ""
    limits: dict[str, Any] = field(default_factory=dict)
    checks: int | None = None  # only so many of each exercise: where each is waited for, more of them show no more
    make: Callable[[Homework], bytes] | None = None
    judge: Callable[[Record], str] | None = None
    hidden: tuple[str, ...] = ()  # texts that the page must not hold
    homework: str = HOMEWORK

    @property
    def expected(self) -> str:
        return f"refused: {self.refused}" if self.refused else f"{self.points}, {' or '.join(self.states)}"


@dataclass(frozen=True)
class Verdict:
    """How an attack ended: what was got, and what of it is not as expected."""

    id: str
    threat: str
    story: str
    expected: str
    got: str
    problems: tuple[str, ...]
    seconds: float


@cache
def course() -> Course:
    return load_course()


def cell(source: str) -> str:
    """A cell whose `evil` stands in for the functions of f_divergence."""
    return f"{source.strip()}\n\n\n{STAND_INS['f_divergence']}"


def with_prize(source: str) -> str:
    """The same, for an `evil` that calls `right` when it has succeeded."""
    return cell(RIGHT + source)


def reduced(
    material: Material, exercises: Iterable[str], limits: dict[str, Any] | None = None, most: int | None = None
) -> Material:
    """The material of some exercises only, with other limits and at `most` so many checks of each.

    They need only one another: a piece that is not judged here is taken from the attacker's notebook as it stands.
    """
    wanted = set(exercises)
    kept = tuple(
        replace(exercise, needs=tuple(need for need in exercise.needs if need in wanted))
        for exercise in material.homework.exercises
        if exercise.id in wanted
    )
    checks = {
        exercise.id: tuple(
            replace(check, limits=replace(check.limits, **(limits or {})))
            for check in material.checks[exercise.id][:most]
        )
        for exercise in kept
    }
    return replace(material, homework=replace(material.homework, exercises=kept), checks=checks)


def notebook(attack: Attack, homework: Homework) -> bytes:
    """The file that the attack hands in."""
    if attack.make is not None:
        return attack.make(homework)
    base = demo.released(homework) if attack.base == "released" else demo.solved(homework)
    return json.dumps(demo.adding(base, attack.source) if attack.source else base).encode()


def run(attack: Attack, sandbox: Sandbox) -> Verdict:
    """Hand it in, grade it, write the record and the page, and compare with what is expected."""
    begin = time.monotonic()
    material = load_material(attack.homework)
    some = reduced(material, attack.on, attack.limits, attack.checks)
    data = notebook(attack, material.homework)
    record = grade_submission(data, some, SEED, sandbox, wall_seconds=WALL_SECONDS) | {"student": "mallory"}
    problems = [*_complaints(attack, record, some), *_shown(attack, record)]
    return Verdict(
        attack.id,
        attack.threat,
        attack.story,
        attack.expected,
        _got(record),
        tuple(problems),
        time.monotonic() - begin,
    )


def _got(record: Record) -> str:
    if record["state"] != records.GRADED:
        return f"refused: {record['reason']}"
    states = sorted({check["state"] for check in record["checks"]})
    seen = f"; noticed: {record['suspicions'][0].partition(': ')[2]}" if record["suspicions"] else ""
    return f"{record['total']} points, {', '.join(states)}{seen}"


def _complaints(attack: Attack, record: Record, material: Material) -> Iterable[str]:
    if attack.refused:
        if record["state"] == records.GRADED or record["fault"] != records.OF_SUBMISSION:
            yield "it was not refused"
        elif attack.refused not in record["reason"]:
            yield "it was refused with another reason"
        return
    if record["state"] != records.GRADED:
        yield f"it could not be graded: {record['reason']} {record.get('detail', '')}"
        return
    if wrong := {check["id"]: check for check in record["checks"] if check["state"] not in attack.states}:
        yield "; ".join(f"{name} ended as {c['state']}: {c['message']} {c['detail']}" for name, c in wrong.items())
    most = format_points(material.homework.automatic_points)
    wanted = {NOTHING: "0", EVERYTHING: most, WHATEVER: record["total"]}.get(attack.points, attack.points)
    if record["total"] != wanted:
        yield f"{record['total']} points instead of {wanted}"
    if record["max"] != most:
        yield f"the maximum is {record['max']} instead of {most}"
    if attack.noticed and not any(attack.noticed in attempt for attempt in record["suspicions"]):
        yield f"the record's suspicions do not say {attack.noticed!r}: {record['suspicions']}"
    if attack.judge is not None and (complaint := attack.judge(record)):
        yield complaint


def _shown(attack: Attack, record: Record) -> Iterable[str]:
    """The record survives its own reader, and neither it nor the page can do or tell what it must not."""
    with tempfile.TemporaryDirectory() as folder:
        records.write_record(Path(folder), record)
        try:
            kept = records.read_record(Path(folder), record["homework"], record["student"])
            if kept != json.loads(json.dumps(record)):
                yield "the record is another one when it is read back"
        except records.RecordError as error:
            yield str(error)
    page = feedback.page(record, course(), {})
    body = page.partition("</head>")[2]
    for text in (MARK, *attack.hidden):
        if text in body:
            yield f"the page shows {text!r}"
    for tag in ("<script", "<img", "<svg", "<iframe", "<a ", "<meta", "<link"):
        if tag in body.lower():
            yield f"the page has a live {tag!r}"
    if unsafe := {c for c in page if c != "\n" and records.printable(c) != c and c != "\t"}:
        yield f"the page has the characters {sorted(map(ascii, unsafe))}"
    if len(page) > 3_000_000:
        yield f"the page has {len(page)} characters"
    if "\x1b" in "".join(c["detail"] + c["message"] for c in record["checks"]):
        yield "the record has raw terminal escapes"
