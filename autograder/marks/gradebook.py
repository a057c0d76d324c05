"""nbgrader's gradebook: the one place where automatic and manual points meet.

The process that runs `make grade` is its only writer; TAs write through the formgrader. What is written here are
automatic scores, one transaction per submission. Manual scores, extra credit and comments are read and never touched:
where a score changes under a TA's mark, the cell is flagged for another look.

In nbgrader's terms an exercise is an autograded code cell of the same name, and a theory problem a manually graded
markdown cell.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from autograder.course import Course, Homework, exact
from autograder.errors import GRADER_BROKE, AutograderError
from autograder.records import GRADED, Record, points

if TYPE_CHECKING:
    from nbgrader.api import Gradebook
    from sqlalchemy.engine import Engine

LOCK_SECONDS = 15.0  # how long to wait for somebody else's transaction
T = TypeVar("T")


class GradebookError(AutograderError):
    """The gradebook cannot be used now; the sentence says what to do. What was to be written is in the records."""

    exit_code = GRADER_BROKE


@dataclass(frozen=True)
class CellScore:
    """One graded cell of one student, as the gradebook has it. Scores are None where nothing was entered."""

    auto: Fraction | None
    manual: Fraction | None
    extra: Fraction | None
    maximum: Fraction
    needs_mark: bool
    comment: str = ""

    @cached_property
    def score(self) -> Fraction:
        """What counts: the manual score where there is one, else the automatic one; and extra credit."""
        base = self.manual if self.manual is not None else self.auto
        return (base or Fraction(0)) + (self.extra or Fraction(0))

    @cached_property
    def counted(self) -> Fraction:
        """The score, but at most the cell's maximum and at least nothing, extra credit apart."""
        extra = self.extra or Fraction(0)
        return min(max(self.score - extra, Fraction(0)), self.maximum) + extra

    @cached_property
    def corrected(self) -> bool:
        """Whether somebody gave more than there is, or less than nothing."""
        return self.counted != self.score


@dataclass(frozen=True)
class Change:
    """An automatic score that differs from what the gradebook held before."""

    student: str
    homework: str
    cell: str
    old: Fraction | None
    new: Fraction


@dataclass(frozen=True)
class _Cells:
    """The ids of a homework's rows in the database."""

    assignment: str
    notebook: str
    graded: dict[str, str]  # cell name -> id, exercises and theory problems
    commented: dict[str, str] = field(default_factory=dict)


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


class Book:
    """An open gradebook. A context manager; every method raises GradebookError where the database does not let it."""

    def __init__(self, url: str, course: Course, lock_seconds: float = LOCK_SECONDS) -> None:
        self.url, self.course, self.lock_seconds = url, course, lock_seconds
        self._cells: dict[str, _Cells] = {}
        self._book: Gradebook = self._patiently(self._open)
        if triggers := self._triggers():
            self.close()
            sentence = f"{self.url} has triggers ({', '.join(triggers)}), which nbgrader never makes"
            raise GradebookError(f"{sentence} and which may change scores; find out who made them, then drop them")

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._book.close()

    def register(self, homework: Homework) -> list[str]:
        """Make the homework's assignment, notebook and cells agree with `course.toml`.

        Returns the names of graded cells that the course does not know; they are left alone.
        """
        return self._patiently(lambda: self._register(homework))

    def add_student(self, student: str) -> None:
        self._patiently(lambda: self._in_transaction(lambda: self._student(student)))

    def save(self, record: Record, changed_answers: Iterable[str] = ()) -> list[Change]:
        """Put a graded record's automatic scores into the gradebook, all of them or none.

        `changed_answers` are the theory problems whose text changed since they may have been marked: they are flagged.
        Returns what differs from the scores that were there before.
        """
        if record["state"] != GRADED:
            raise ValueError("only graded records have scores to save")
        changed_answers = set(changed_answers)
        return self._patiently(lambda: self._in_transaction(lambda: self._save(record, changed_answers)))

    def scores(self, homework: Homework, student: str | None = None) -> dict[str, dict[str, CellScore]]:
        """student -> cell -> score, of everybody (or one) who has a submission of that homework in the gradebook."""
        return self._patiently(lambda: self._scores(homework, student))

    def students(self) -> list[str]:
        return self._patiently(lambda: sorted(student.id for student in self._book.students))

    # --- below: inside one transaction ----------------------------------------------------------------------------

    def _open(self) -> Gradebook:
        from nbgrader.api import Gradebook
        from sqlalchemy import create_engine

        url = self.url
        if url.startswith("sqlite:///"):
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
            url = f"{url}?timeout={self.lock_seconds:g}"
        engine = create_engine(url)
        try:
            _note_version(engine)
        finally:
            engine.dispose()
        return Gradebook(url, self.course.id)

    def _triggers(self) -> list[str]:
        from sqlalchemy import text

        if not self.url.startswith("sqlite"):
            return []
        return [
            name for (name,) in self._book.db.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        ]

    def _register(self, homework: Homework) -> list[str]:
        from nbgrader.api import GradeCell, SolutionCell

        book, name = self._book, homework.id
        book.update_or_create_assignment(name)
        notebook = book.update_or_create_notebook(name, name)
        graded = {cell.name: cell for cell in notebook.grade_cells}
        solutions = {cell.name: cell for cell in notebook.solution_cells}
        wanted = {exercise.id: (exercise.points, "code") for exercise in homework.exercises}
        wanted |= {problem.id: (problem.manual_points, "markdown") for problem in homework.theory}
        for cell_name, (maximum, kind) in wanted.items():
            if cell_name not in graded:
                graded[cell_name] = GradeCell(
                    name=cell_name, notebook=notebook, cell_type=kind, max_score=float(maximum)
                )
                book.db.add(graded[cell_name])
            graded[cell_name].max_score, graded[cell_name].cell_type = float(maximum), kind
        for cell_name in (
            *(f"{exercise.id}_code" for exercise in homework.exercises),
            *(p.id for p in homework.theory),
        ):
            if cell_name not in solutions:
                solutions[cell_name] = SolutionCell(name=cell_name, notebook=notebook)
                book.db.add(solutions[cell_name])
        book.db.commit()
        self._cells[name] = _Cells(
            notebook.assignment_id,
            notebook.id,
            {cell.name: cell.id for cell in graded.values() if cell.name in wanted},
            {cell.name: cell.id for cell in solutions.values()},
        )
        return sorted(set(graded) - set(wanted))

    def _student(self, student: str) -> None:
        from nbgrader.api import Student

        if self._book.db.get(Student, student) is None:
            self._book.db.add(Student(id=student))

    def _save(self, record: Record, changed_answers: set[str]) -> list[Change]:
        from nbgrader.api import Comment, Grade, SubmittedAssignment, SubmittedNotebook

        db, cells = self._book.db, self._known(record["homework"])
        self._student(record["student"])
        submission = (
            db.query(SubmittedAssignment)
            .filter_by(assignment_id=cells.assignment, student_id=record["student"])
            .one_or_none()
        )
        if submission is None:
            submission = SubmittedAssignment(assignment_id=cells.assignment, student_id=record["student"])
            db.add(submission)
            db.flush()
        notebook = (
            db.query(SubmittedNotebook).filter_by(assignment_id=submission.id, notebook_id=cells.notebook).one_or_none()
        )
        if notebook is None:
            notebook = SubmittedNotebook(assignment_id=submission.id, notebook_id=cells.notebook)
            db.add(notebook)
            db.flush()
        columns = (Grade.id, Grade.cell_id, Grade.auto_score, Grade.manual_score, Grade.needs_manual_grade)
        # The cells are named too, since nbgrader's tables have their index by cell: without them all rows are walked.
        graded = db.query(*columns).filter(Grade.cell_id.in_(cells.graded.values()), Grade.notebook_id == notebook.id)
        present = {row.cell_id: row for row in graded}
        spoken_of = (Comment.cell_id.in_(cells.commented.values()), Comment.notebook_id == notebook.id)
        commented = {cell for (cell,) in db.query(Comment.cell_id).filter(*spoken_of)}

        automatic = {entry["id"]: points(entry["points"]) for entry in record["exercises"]}
        inserts, updates, changes = [], [], []
        for name, cell in cells.graded.items():
            new, old = automatic.get(name), present.get(cell)
            score = None if new is None else float(new)
            if old is None:
                inserts.append(
                    {
                        "cell_id": cell,
                        "notebook_id": notebook.id,
                        "auto_score": score,
                        "needs_manual_grade": new is None,
                    }
                )
                continue
            marked = old.manual_score is not None
            if new is not None and old.auto_score != score:
                changes.append(Change(record["student"], record["homework"], name, exact_or_none(old.auto_score), new))
                updates.append({"id": old.id, "auto_score": score, "needs_manual_grade": marked})
            elif new is None and (name in changed_answers if marked else not old.needs_manual_grade):
                updates.append({"id": old.id, "auto_score": None, "needs_manual_grade": True})
        missing = [
            {"cell_id": cell, "notebook_id": notebook.id} for cell in cells.commented.values() if cell not in commented
        ]
        for table, rows in ((Grade, inserts), (Comment, missing)):
            if rows:
                db.bulk_insert_mappings(table, rows)
        if updates:
            db.bulk_update_mappings(Grade, updates)
        return changes

    def _scores(self, homework: Homework, student: str | None) -> dict[str, dict[str, CellScore]]:
        """The cells are named in every query: nbgrader's tables have their index by cell, and a join walks all rows."""
        from nbgrader.api import Comment, Grade, SubmittedAssignment, SubmittedNotebook

        db, cells = self._book.db, self._known(homework.id)
        maxima = {exercise.id: exercise.points for exercise in homework.exercises}
        maxima |= {problem.id: problem.manual_points for problem in homework.theory}
        handed_in = db.query(SubmittedAssignment.id, SubmittedAssignment.student_id).filter(
            SubmittedAssignment.assignment_id == cells.assignment
        )
        if student is not None:
            handed_in = handed_in.filter(SubmittedAssignment.student_id == student)
        students = {assignment: whose for assignment, whose in handed_in}
        notebooks = db.query(SubmittedNotebook.id, SubmittedNotebook.assignment_id).filter(
            SubmittedNotebook.notebook_id == cells.notebook
        )
        if student is not None:
            notebooks = notebooks.filter(SubmittedNotebook.assignment_id.in_(students))
        whose = {notebook: students[assignment] for notebook, assignment in notebooks}
        only = {"notebook_id": next(iter(whose), None)} if student is not None else {}

        commented = {cell: name.removesuffix("_code") for name, cell in cells.commented.items()}
        written = db.query(Comment.notebook_id, Comment.cell_id, Comment.manual_comment).filter_by(**only)
        written = written.filter(Comment.cell_id.in_(commented), Comment.manual_comment.is_not(None))
        comments = {(whose[notebook], commented[cell]): text for notebook, cell, text in written}

        graded = {cell: name for name, cell in cells.graded.items()}
        scores = (Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.needs_manual_grade)
        rows = db.query(Grade.notebook_id, Grade.cell_id, *scores).filter_by(**only).filter(Grade.cell_id.in_(graded))
        found: dict[str, dict[str, CellScore]] = {}
        for notebook, cell, auto, manual, extra, needs_mark in rows:
            owner, name = whose[notebook], graded[cell]
            scored = _cell_score(auto, manual, extra, maxima[name], needs_mark)
            comment = comments.get((owner, name), "")
            found.setdefault(owner, {})[name] = replace(scored, comment=comment) if comment else scored
        db.rollback()  # end the read, so that nobody has to wait for it
        return found

    def _known(self, homework: str) -> _Cells:
        if homework not in self._cells:
            self._register(self.course.homework(homework))
        return self._cells[homework]

    def _in_transaction(self, work: Callable[[], T]) -> T:
        result = work()
        self._book.db.commit()
        return result

    def _patiently(self, work: Callable[[], T]) -> T:
        """Do it; wait while somebody else writes; on any trouble leave the database as it was."""
        from nbgrader.api import InvalidEntry
        from sqlalchemy.exc import OperationalError, SQLAlchemyError

        until = time.monotonic() + self.lock_seconds
        while True:
            try:
                return work()
            except (SQLAlchemyError, InvalidEntry) as error:
                self._rollback()
                busy = isinstance(error, OperationalError) and "locked" in str(error)
                if busy and time.monotonic() < until:
                    time.sleep(0.1)
                elif busy:
                    sentence = f"{self.url} is locked by another program (a formgrader, a backup?)"
                    raise GradebookError(
                        f"{sentence}; close it and run `make grade` again, the records are kept"
                    ) from None
                else:
                    raise GradebookError(f"{self.url} cannot be used: {_first_line(error)}{_advice(error)}") from None
            except BaseException:
                self._rollback()
                raise

    def _rollback(self) -> None:
        if book := vars(self).get("_book"):
            book.db.rollback()


def _note_version(engine: Engine) -> None:
    """Write into an empty database which of nbgrader's schemas it is about to get, for `nbgrader db upgrade`.

    nbgrader does so itself where nobody did, by a program that takes longer to start than all else that a gradebook
    needs, and only after its tables: a run that is cut off between the two leaves a database without a version.
    """
    from sqlalchemy import inspect, text

    if inspect(engine).get_table_names():
        return
    from alembic.script import ScriptDirectory
    from nbgrader.dbutil import ALEMBIC_DIR

    version = ScriptDirectory(ALEMBIC_DIR).get_current_head()
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)"))
        missing = "INSERT INTO alembic_version SELECT :version WHERE NOT EXISTS (SELECT * FROM alembic_version)"
        connection.execute(text(missing), {"version": version})


@lru_cache(maxsize=10_000)  # a class has few different scores, and asks for each a thousand times
def _cell_score(
    auto: float | None, manual: float | None, extra: float | None, maximum: Fraction, needs_mark: bool
) -> CellScore:
    return CellScore(exact_or_none(auto), exact_or_none(manual), exact_or_none(extra), maximum, needs_mark)


@lru_cache(maxsize=10_000)
def exact_or_none(score: float | None) -> Fraction | None:
    """The exact number that a score of the gradebook stands for. Raises GradebookError for what is no number."""
    if score is None:
        return None
    try:
        return exact(score)
    except (ValueError, OverflowError):
        raise GradebookError(f"the gradebook holds a score that is no number: {score!r}") from None


def _advice(error: Exception) -> str:
    """What to do about a database that is none, or not of this nbgrader."""
    if "not a database" in str(error) or "malformed" in str(error):
        return "; put back a copy of it, or move it away: `make grade` makes a new one, without the marks"
    if "no such column" in str(error) or "no such table" in str(error):
        return "; another version of nbgrader made it: keep a copy, then run `nbgrader db upgrade`"
    return ""


def _first_line(error: Any) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
