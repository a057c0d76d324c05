"""Grade a class: find what was handed in, grade what changed, keep records, gradebook, pages and grades in step.

Each result is written as soon as it is there: its record first, then its scores. A run that is cut off, or that finds
the gradebook locked, is finished by the next one, which takes what the records already hold.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from autograder import provenance, records
from autograder.course import Course, Homework
from autograder.errors import DONE, GRADER_BROKE, SOME_NOT_GRADED, AutograderError
from autograder.intake.roster import ROSTER, Roster, likenesses, read_roster
from autograder.intake.submissions import NotReadableError, Submission, find_submissions
from autograder.intake.times import CollectedTimes
from autograder.judging import batch
from autograder.marks import exam as exams
from autograder.marks import final, late
from autograder.marks.gradebook import Book, CellScore, Change, GradebookError, sqlite_url
from autograder.pages import feedback, formgrader
from autograder.records import GRADED, OF_GRADER, OF_SUBMISSION, Decides, Record, RecordError, Regrading

LONGEST_HISTORY = 20  # gradings that a record remembers


class DeskError(AutograderError):
    """A class cannot be graded, or not further."""

    exit_code = GRADER_BROKE


@dataclass(frozen=True)
class Places:
    """Where things lie. `root` is the repository, or the demo's folder."""

    root: Path
    submissions: Path

    @property
    def records(self) -> Path:
        return self.root / "records"

    @property
    def secret(self) -> Path:
        """What the course's seeds are drawn with: made when it is first needed, kept out of git and of archives."""
        return self.root / "seed.secret"

    @property
    def feedback(self) -> Path:
        return self.root / "feedback"

    @property
    def autograded(self) -> Path:
        return self.root / "autograded"

    @property
    def gradebook(self) -> Path:
        return self.root / "gradebook.db"

    @property
    def grades(self) -> Path:
        return self.root / "grades.csv"

    @property
    def exam(self) -> Path:
        return self.root / "exam.csv"

    @property
    def roster(self) -> Path:
        """Who is in the course; `intake.roster.read_roster` reads it."""
        return self.root / ROSTER


@dataclass(frozen=True)
class Result:
    """What became of one submission. `record` is None where nobody knows whose or which homework it is."""

    submission: Submission
    record: Record | None
    old: Record | None = None
    kept: bool = False
    why: tuple[str, ...] = ()

    @property
    def graded(self) -> bool:
        return self.record is not None and self.record["state"] == GRADED

    @property
    def problem(self) -> str:
        return "" if self.graded else self.record["reason"] if self.record else self.submission.problem

    @property
    def graders_fault(self) -> bool:
        return self.record is not None and self.record["fault"] == OF_GRADER


@dataclass
class Summary:
    """A whole run."""

    results: list[Result] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    to_look_at: list[tuple[str, str]] = field(default_factory=list)  # homework, cell: marks of another answer or score
    warnings: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    wall_seconds: float = 0.0
    late: dict[tuple[str, str], late.Late] = field(default_factory=dict)  # (homework, student)
    absent: dict[str, list[str]] = field(default_factory=dict)  # homework -> who of the roster handed in nothing

    @property
    def exit_code(self) -> int:
        if self.broken or any(result.graders_fault for result in self.results):
            return GRADER_BROKE
        return DONE if all(result.graded for result in self.results) else SOME_NOT_GRADED


@dataclass(frozen=True)
class Orders:
    """How to grade. With `public_seeds` the course's secret is left alone: a demo class is the same everywhere."""

    isolation: str
    jobs: int
    force: bool = False
    seed: int | None = None
    make_pool: Callable[[int], Executor] = batch.process_pool
    public_seeds: bool = False


def grade_class(
    course: Course,
    homeworks: Iterable[Homework],
    places: Places,
    orders: Orders,
    students: Iterable[str] = (),
    progress: Callable[[int, int, str], object] = lambda done, total, name: None,
) -> Summary:
    """Grade every submission of the homeworks (of those students, if any are named) and write all that follows.

    Raises SubmissionsError, RosterError and DeskError where nothing was begun; what goes wrong later is in the Summary.
    """
    begin, summary, chosen = time.monotonic(), Summary(), set(students)
    homeworks, roster = list(homeworks), read_roster(places.roster)
    known = [homework.id for homework in course.homeworks]
    found = find_submissions(places.submissions, homeworks, known)
    found = [submission for submission in found if not chosen or submission.student in chosen]
    with _sentence_for_a_full_disk(places):
        decides = {homework.id: _deciding(course, homework, places, orders) for homework in homeworks}
    _look_around(summary, found, [] if chosen else homeworks, places, roster)
    tasks: list[batch.Task] = []
    waiting: dict[tuple[str, str], Result] = {}
    for submission in found:
        ready, task = _look_at(submission, course, places, orders, decides)
        if task is None:
            summary.results.append(ready)
        else:
            tasks.append(task)
            waiting[task.key] = ready
    with _Writer(course, places, summary, roster) as writer, _sentence_for_a_full_disk(places):
        for result in summary.results:
            writer.keep(result)
        fresh = _grade(tasks, waiting, orders, decides, summary, writer.prepare)
        for done, result in enumerate(fresh, start=1):
            writer.keep(result)
            summary.results.append(result)
            progress(done, len(tasks), result.submission.student)
        writer.finish()
    summary.results.sort(key=lambda result: (result.submission.homework, result.submission.student.casefold()))
    _count_cpu(summary)
    summary.wall_seconds = time.monotonic() - begin
    return summary


def _look_around(
    summary: Summary, found: list[Submission], homeworks: list[Homework], places: Places, roster: Roster
) -> None:
    """Note who is late, and who of the roster handed in nothing; who looks like somebody else is a warning."""
    times = CollectedTimes(places.submissions)
    there = {(submission.student, submission.homework) for submission in found}
    for homework in homeworks:
        handed_in = {student for student, of in there if of == homework.id}
        summary.absent[homework.id] = [one.id for one in roster if not holder(roster, homework, one.id, handed_in)]
        for student in handed_in:
            summary.late[homework.id, student] = late_of(times, homework, student)
        extended = homework.deadline.extensions if homework.deadline and not roster else {}
        for student in sorted(set(extended) - handed_in):
            sentence = f"{student!r} has an extension of {homework.id} and handed in nothing; is the name right?"
            summary.warnings.append(sentence)
    students = {student for student, _ in there}
    strangers = sorted(students - set(roster.students)) if roster else []
    if strangers:
        summary.warnings.append(f"not on the roster: {', '.join(strangers)}")
    for student in strangers if roster else sorted(students):
        alike = [
            other for other in sorted({*students, *roster.students} - {student}) if _one_for_another(student, other)
        ]
        if alike:
            summary.warnings.append(f"{student!r} looks like {alike[0]!r} in letters of another script: are they one?")


def _one_for_another(one: str, other: str) -> bool:
    return one.isascii() != other.isascii() and bool(likenesses(one) & likenesses(other))


def holder(roster: Roster, homework: Homework, student: str, handed_in: Collection[str]) -> str:
    """Whose submission counts for a student: their own, else the one of their team; "" where there is none, or two."""
    if student in handed_in:
        return student
    team = roster.team_of(student) if homework.teams else (student,)
    others = [member for member in team if member in handed_in]
    return others[0] if len(others) == 1 else ""


def readers(roster: Roster, homework: Homework, student: str, handed_in: Collection[str]) -> list[str]:
    """Who gets the page of a submission: the student, and those of the team who handed in nothing themselves."""
    team = roster.team_of(student) if homework.teams else (student,)
    return [student, *(one for one in team if one != student and holder(roster, homework, one, handed_in) == student)]


def rewrite_feedback(course: Course, homeworks: Iterable[Homework], places: Places) -> int:
    """Bring every page in step with records and gradebook. Returns how many there are. Raises RecordError,
    GradebookError."""
    count, times, roster = 0, CollectedTimes(places.submissions), read_roster(places.roster)
    with Book(sqlite_url(places.gradebook), course) as book:
        for homework in homeworks:
            scores, found = book.scores(homework), records.all_records(places.records, homework.id)
            handed_in = {record["student"] for record in found}
            for record in found:
                student = record["student"]
                own = partial(formgrader.own, places.autograded, homework, student)
                for reader in readers(roster, homework, student, handed_in):
                    late, page = late_of(times, homework, reader, student), record | {"student": reader}
                    feedback.write_feedback(places.feedback, page, course, scores.get(student, {}), own, late)
                    count += 1
    return count


Scores = dict[str, dict[str, dict[str, CellScore]]]  # homework -> student -> cell


def all_scores(course: Course, book: Book) -> Scores:
    """What the gradebook holds of every homework. Raises GradebookError."""
    return {homework.id: book.scores(homework) for homework in course.given}


def course_grades(
    course: Course,
    places: Places,
    book: Book,
    scores: Scores,
    exam: Mapping[str, Fraction],
    known: Mapping[str, Mapping[str, Record]] | None = None,
) -> list[final.CourseGrade]:
    """Everybody's grade from the gradebook's scores and the records: all who handed in, sat the exam or are on the
    roster. `known` are records that were read before, by homework and student.

    Raises GradebookError, RecordError, RosterError.
    """
    roster, times = read_roster(places.roster), CollectedTimes(places.submissions)
    ungraded = {
        (record["student"], homework.id): record["reason"]
        for homework in course.given
        for record in records.all_records(places.records, homework.id, (known or {}).get(homework.id))
        if record["state"] != GRADED
    }
    students = {*book.students(), *(student for student, _ in ungraded), *roster.students, *exam}
    whose = {(homework.id, one): one for homework in course.given for one in students}
    shared = {homework: dict(of_homework) for homework, of_homework in scores.items()}
    for homework in course.given:
        handed_in = {*scores[homework.id], *(student for student, of in ungraded if of == homework.id)}
        for student in students - handed_in:
            if other := holder(roster, homework, student, handed_in):
                whose[homework.id, student] = other
                if other in scores[homework.id]:
                    shared[homework.id][student] = scores[homework.id][other]
                if (other, homework.id) in ungraded:
                    ungraded[student, homework.id] = ungraded[other, homework.id]
    late = lambda homework, student: late_of(times, homework, student, whose[homework.id, student])  # noqa: E731
    return final.course_grades(course, students, shared, ungraded, exam, late)


def read_exam(course: Course, places: Places, book: Book, path: Path | None = None, **how: Any) -> exams.Exam:
    """The exam's points, none where no file is named and there is none. Raises ExamError, RosterError."""
    if path is None and not places.exam.exists():
        return exams.Exam()
    return exams.read_exam(path or places.exam, course, book.students(), read_roster(places.roster), **how)


def late_of(times: CollectedTimes, homework: Homework, student: str, whose: str = "") -> late.Late:
    """What lateness costs a student, by their own deadline; `whose` handed it in, where that was somebody else."""
    whose = whose or student
    if times.in_time(homework.id, whose):
        return late.ON_TIME
    verb = "Collected" if times.collecting(homework.id, whose) else "Handed in"
    return late.lateness(homework, student, times.of(homework.id, whose), verb)


def _deciding(course: Course, homework: Homework, places: Places, orders: Orders) -> Decides:
    """All that decides a result but the submission itself."""
    _, shown = _seed(course, homework, places, orders)
    return {**provenance.fingerprints(homework), "seed": shown, "isolation": orders.isolation}


def _seed(course: Course, homework: Homework, places: Places, orders: Orders) -> tuple[int, int | str]:
    """The seed of a homework, and what records call it."""
    if orders.seed is not None:
        return orders.seed, orders.seed
    if orders.public_seeds:
        seed = provenance.default_seed(course, homework)
        return seed, seed
    secret = provenance.course_secret(places.secret)
    return provenance.default_seed(course, homework, secret), provenance.secret_name(homework, secret)


def _look_at(
    submission: Submission, course: Course, places: Places, orders: Orders, decides: dict[str, Decides]
) -> tuple[Result, batch.Task | None]:
    """Decide about one submission: it cannot be graded, its old result stands, or there is a task to do."""
    if not submission.homework:
        return Result(submission, None), None
    homework, now = course.homework(submission.homework), decides[submission.homework]
    try:
        old = records.read_record(places.records, homework.id, submission.student)
    except RecordError:
        old = None  # damaged: as good as none, and about to be replaced
    problem, data = submission.problem, None
    if not problem:
        try:
            data = submission.read()
        except NotReadableError as error:
            problem = str(error)
    if data is None:
        record = records.ungraded(homework, None, now, problem, OF_SUBMISSION) | {"student": submission.student}
        return Result(submission, record, old), None
    seed, _ = _seed(course, homework, places, orders)
    task = batch.Task((homework.id, submission.student), data, homework.id, seed, orders.isolation)
    why = ["asked for"] if orders.force and old else _why(old, data, now)
    if not why and old:
        return Result(submission, old, old, kept=True), None
    return Result(submission, None, old, why=tuple(why)), task


def _why(old: Record | None, data: bytes, now: Decides) -> list[str]:
    if old is None:
        return []
    if old["fault"] == OF_GRADER:
        return ["the grader had failed"]
    return records.reasons_to_regrade(old, {**now, "submission": provenance.digest(data)})


def _grade(
    tasks: list[batch.Task],
    waiting: dict[tuple[str, str], Result],
    orders: Orders,
    decides: dict[str, Decides],
    summary: Summary,
    meanwhile: Callable[[], None],
) -> Iterator[Result]:
    """Grade the tasks; `meanwhile` runs here while the workers start."""
    if not tasks:
        meanwhile()
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # workers inherit it: one thread each, or they starve each other
    workers = max(1, min(orders.jobs, len(tasks)))
    pool = orders.make_pool(workers)
    asked = batch.start(pool, workers, orders.isolation, {task.homework: decides[task.homework] for task in tasks})
    meanwhile()
    try:
        answers = [future.result() for future in asked]
    except (BrokenExecutor, batch.WorkersDiedError) as error:
        answers = [(f"a worker died while starting ({error})", 0.0)]
    if problem := next((problem for problem, _ in answers if problem), ""):
        pool.shutdown()
        raise DeskError(f"the grader is broken, nothing was graded: {problem}")
    summary.cpu_seconds["start-up"] = sum(seconds for _, seconds in answers) / len(answers) * workers
    for task, record in batch.grade_all(tasks, pool, workers, orders.make_pool):
        ready = waiting[task.key]
        made_from = record["provenance"] | {"seed": decides[task.homework]["seed"]}
        who = {"student": ready.submission.student, "remark": ready.submission.remark}
        record = record | {"provenance": made_from} | who
        yield Result(ready.submission, record, ready.old, why=ready.why)


@contextmanager
def _sentence_for_a_full_disk(places: Places) -> Iterator[None]:
    """What cannot be written ends the run: files are replaced as a whole, so what was written before is intact."""
    try:
        yield
    except OSError as error:
        where, why = error.filename or places.root, error.strerror or type(error).__name__
        sentence = f"{where} cannot be written: {why}; results written so far are whole and kept"
        raise DeskError(f"{sentence}; make room, or allow writing, and run it again") from None


class _Writer:
    """The single writer: records, then the gradebook, then pages and grades."""

    def __init__(self, course: Course, places: Places, summary: Summary, roster: Roster) -> None:
        self.course, self.places, self.summary, self.roster = course, places, summary, roster
        self.book: Book | None = None
        self.times = CollectedTimes(places.submissions)
        self.opened = False
        self.seconds = 0.0
        self.before: Scores = {}  # what the gradebook held when this run came to a homework
        self.saved = False  # whether it has been written to since

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.summary.cpu_seconds["write"] = self.seconds
        if self.book is not None:
            self.book.close()

    def prepare(self) -> None:
        """Open the gradebook, or note why it cannot be used."""
        if self.opened:
            return
        self.opened = True
        try:
            self.book = Book(sqlite_url(self.places.gradebook), self.course)
            for homework in self.course.given:
                if unknown := self.book.register(homework):
                    sentence = f"the gradebook has cells of {homework.id} that course.toml does not know"
                    self.summary.warnings.append(f"{sentence} and nobody counts: {', '.join(unknown)}")
        except GradebookError as error:
            self._give_up(error)

    def keep(self, result: Result) -> None:
        """Write one result down."""
        record, begin = result.record, time.process_time()
        if record is None:
            return
        if not result.kept:
            if review := _to_review(result.old, record):
                record["to_review"] = review
            record["history"] = _history(result, record)
            records.write_record(self.places.records, record)
        self.prepare()
        if self.book is not None:
            try:
                if record["state"] != GRADED:
                    self.book.add_student(record["student"])
                elif not (result.kept and self._holds(self.book, record)):
                    self.saved = True
                    self.summary.changes += self.book.save(record, record.get("to_review", ()))
                    if record.pop("to_review", None):  # now the gradebook knows
                        records.write_record(self.places.records, record)
            except GradebookError as error:
                self._give_up(error)
        self._show(result, record)
        self.seconds += time.process_time() - begin

    def _holds(self, book: Book, record: Record) -> bool:
        """Whether the gradebook held all of a record's scores when this run began."""
        homework = self.course.homework(record["homework"])
        if homework.id not in self.before:
            self.before[homework.id] = book.scores(homework)
        cells = self.before[homework.id].get(record["student"], {})
        automatic = {entry["id"]: records.points(entry["points"]) for entry in record["exercises"]}
        same = all(name in cells and cells[name].auto == score for name, score in automatic.items())
        return same and all(problem.id in cells for problem in homework.theory) and not record.get("to_review")

    def _show(self, result: Result, record: Record) -> None:
        """Write what markers and the student see of a submission, unless what markers see still holds.

        Where only a mark has changed since, `finish` writes the student's page.
        """
        homework = self.course.homework(record["homework"])
        made_from = records.record_path(self.places.records, homework.id, record["student"])
        if result.kept and not formgrader.is_stale(self.places.autograded, homework, record["student"], made_from):
            return
        try:
            data = result.submission.read() if result.submission.path is not None else None
        except NotReadableError:
            data = None
        if data is None and formgrader.autograded_path(self.places.autograded, homework.id, record["student"]).exists():
            return  # what was marked stays readable
        try:
            note = late_of(self.times, homework, record["student"]).sentence
            own = formgrader.write_autograded(self.places.autograded, homework, record, data, note)
        except (OSError, ValueError, KeyError) as error:
            sentence = f"{record['student']}/{homework.id} is not in the formgrader: {error}"
            self.summary.warnings.append(sentence)
            return
        if self.book is not None:
            try:
                cells = self.book.scores(homework, record["student"]).get(record["student"], {})
            except GradebookError as error:
                return self._give_up(error)
            self._write_page(record, cells, lambda: own)

    def finish(self) -> None:
        """Pages for those just looked at, and everybody's grades."""
        begin = time.process_time()
        if self.book is None:
            return
        try:
            scores = self._scores_now(self.book)
            self.summary.to_look_at = [
                (homework, cell)
                for homework, whose in scores.items()
                for cells in whose.values()
                for cell, score in cells.items()
                if score.needs_mark and score.manual is not None
            ]
            for result in self.summary.results:
                if (record := result.record) is not None:
                    homework, student = self.course.homework(record["homework"]), record["student"]
                    own = partial(formgrader.own, self.places.autograded, homework, student)
                    self._write_page(record, scores[homework.id].get(student, {}), own)
            try:
                exam = read_exam(self.course, self.places, self.book)
            except exams.ExamError as error:
                exam = exams.Exam()
                self.summary.warnings.append(f"the exam is left out of grades.csv: {error}")
            known: dict[str, dict[str, Record]] = {}
            for result in self.summary.results:
                if (record := result.record) is not None:
                    known.setdefault(record["homework"], {})[record["student"]] = record
            grades = course_grades(self.course, self.places, self.book, scores, exam, known)
            self.summary.warnings += [f"{grade.student}: {remark}" for grade in grades for remark in grade.alarms]
            final.write_grades(self.places.grades, self.course, grades)
        except GradebookError as error:
            self._give_up(error)
        except RecordError as error:
            self.summary.broken.append(str(error))
        self.seconds += time.process_time() - begin

    def _scores_now(self, book: Book) -> Scores:
        """What the gradebook holds; what this run has read of it stands where it saved nothing, and so took seconds."""
        if self.saved:
            return all_scores(self.course, book)
        return {h.id: self.before[h.id] if h.id in self.before else book.scores(h) for h in self.course.given}

    def _write_page(self, record: Record, cells: dict[str, CellScore], own: Callable[[], formgrader.Own]) -> None:
        homework, student = self.course.homework(record["homework"]), record["student"]
        team = self.roster.team_of(student) if homework.teams else (student,)
        handed_in = {one for one in team if records.record_path(self.places.records, homework.id, one).exists()}
        for reader in readers(self.roster, homework, student, handed_in | {student}):
            late, page = late_of(self.times, homework, reader, student), record | {"student": reader}
            feedback.write_feedback(self.places.feedback, page, self.course, cells, own, late)

    def _give_up(self, error: GradebookError) -> None:
        self.summary.broken.append(str(error))
        if self.book is not None:
            self.book.close()
            self.book = None


def _to_review(old: Record | None, new: Record) -> list[str]:
    """Theory problems whose text changed since the last record; marks that they had need another look."""
    if old is None:
        return []
    before = {entry["id"]: entry["answer"] for entry in old["theory"]}
    after = {entry["id"]: entry["answer"] for entry in new["theory"]}  # nothing, if it could not be read
    changed = {problem for problem, answer in before.items() if after.get(problem) != answer}
    return sorted(changed | set(old.get("to_review", ())))


def _history(result: Result, new: Record) -> list[Regrading]:
    """What earlier gradings gave, the last ones: when, why it was graded again, and which exercises changed."""
    old = result.old
    if old is None:
        return []
    before, after = ({e["id"]: e["points"] for e in record["exercises"]} for record in (old, new))
    entry: Regrading = {
        "started": old["provenance"].get("started", ""),
        "total": old["total"],
        "now": new["total"],
        "why": list(result.why) or ["what was handed in"],
        "changed": {
            name: [before.get(name), after.get(name)]
            for name in dict.fromkeys([*before, *after])
            if before.get(name) != after.get(name)
        },
    }
    return [*old.get("history", []), entry][-LONGEST_HISTORY:]


def _count_cpu(summary: Summary) -> None:
    """CPU seconds of the run by part, from what the records say of themselves."""
    for result in summary.results:
        if result.record is not None and not result.kept:
            for part, seconds in result.record["cpu_seconds"].items():
                summary.cpu_seconds[part] = summary.cpu_seconds.get(part, 0.0) + seconds
