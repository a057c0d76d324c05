"""The command line: `python -m autograder COMMAND`, as `make` calls it. The commands:

    grade, scheduler, workers             a class, here or on a cluster
    release                               the notebooks of students and staff
    collect, similarity                   what was handed in
    formgrader, feedback, return          marking, and what goes back to students
    final, export                         course grades, and other gradebooks

Exit codes: 0 done, 1 some submissions could not be graded (they are named), 2 wrong usage, 3 the grader broke.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from autograder.course import ROOT, Course, Homework, load_course
from autograder.errors import (
    DONE,
    GRADER_BROKE,
    INTERRUPTED,
    SOME_NOT_GRADED,
    WRONG_USAGE,
    AutograderError,
)
from autograder.intake.submissions import find_submissions, has_submissions
from autograder.records import Record, printable

if TYPE_CHECKING:
    from autograder.desk import whole_class as desk
    from autograder.desk.whole_class import Places
    from autograder.intake.roster import Roster
    from autograder.marks.exports import Item
    from autograder.marks.final import CourseGrade

ISOLATIONS = ("bubblewrap", "none")


class CommandError(AutograderError):
    """A command that cannot do what was asked."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message} (python -m autograder --help)")


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns its exit code; trouble goes to stderr in a sentence."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a name that the terminal cannot show must not stop a batch
    try:
        options = _parser().parse_args(arguments)
        return options.run(options)
    except AutograderError as error:
        return _complain(error, error.exit_code)
    except Exception:
        traceback.print_exc()
        return _complain("this is a fault of the grader; what was written before it is whole and kept", GRADER_BROKE)
    except KeyboardInterrupt:
        return _complain("stopped; what was graded is kept, and the next run goes on from there", INTERRUPTED)


def grade(options: argparse.Namespace) -> int:
    """Grade what was handed in, or a demo class where nothing was."""
    course = _course_at(Path(options.output))
    homeworks = _homeworks(options.hw, course)
    folder = Path(options.submissions) if options.submissions else Path(options.output) / "submissions"
    demo = options.submissions is None and not options.student and not has_submissions(folder)
    if not demo:
        _require_submissions(options.student, folder, homeworks, course)

    from autograder.desk import report
    from autograder.desk import whole_class as desk
    from autograder.pages import terminal

    places = desk.Places(Path(options.output), folder)
    isolation = _isolation(options.isolation, demo and not options.scheduler)
    if demo:
        places = _demo(places, course, homeworks)
    jobs, make_pool = _workers(options)
    orders = desk.Orders(isolation, jobs, options.force, options.seed, make_pool, public_seeds=demo)
    students = [options.student] if options.student else []
    out = terminal.console()
    with report.progress(terminal.console(to_stderr=True)) as progress:
        summary = desk.grade_class(course, homeworks, places, orders, students, progress)
    report.show_class(out, course, summary)
    shown = _relative(places.root)
    out.print(f"Records, feedback pages, gradebook and grades are in {shown}.", soft_wrap=True)
    if not summary.results:
        raise CommandError(
            f"nothing to grade in {_relative(folder)}: it should hold <student>/<homework>/<homework>.ipynb"
        )
    return _demo_verdict(homeworks, summary) if demo else summary.exit_code


def scheduler(options: argparse.Namespace) -> int:
    """Become the scheduler of a cluster."""
    from autograder.judging.cluster import become

    become("scheduler", "--host", options.host, "--port", str(options.port))


def workers(options: argparse.Namespace) -> int:
    """Become the workers of a cluster on this machine, each a process that grades one submission at a time."""
    from autograder.judging.cluster import become

    here = ["--host", options.host] if options.host else []
    become("worker", options.scheduler, *here, "--nworkers", str(options.jobs), "--nthreads", "1")


def _demo_verdict(homeworks: list[Homework], summary: desk.Summary) -> int:
    """The demo class has a member whose file is broken on purpose: what counts is that each got what they should."""
    from autograder import records
    from autograder.desk import demo

    surprises = []
    for homework in homeworks:
        results = [result for result in summary.results if result.submission.homework == homework.id]
        points = {r.submission.student: records.points(r.record["total"]) for r in results if r.graded and r.record}
        surprises += demo.surprises(homework, points)
    if not surprises:
        _say("Every member of the demo class got what they should, the one with the broken file included.")
        return DONE if summary.exit_code == SOME_NOT_GRADED else summary.exit_code
    _say("The demo class did not come out as it should: " + "; ".join(surprises))
    return GRADER_BROKE


def release(options: argparse.Namespace) -> int:
    """Write the student notebook and the solved one."""
    from autograder.releasing import release

    course = load_course()
    homeworks = _homeworks(options.hw, course)
    return release.run(homeworks, check=options.check, execute=options.execute)


def feedback(options: argparse.Namespace) -> int:
    """Write every feedback page anew, for instance after marking theory."""
    places = _places_with_gradebook(options)
    course = _course_at(places.root)
    homeworks = _homeworks(options.hw, course)

    from autograder.desk import whole_class as desk

    count = desk.rewrite_feedback(course, homeworks, places)
    print(f"wrote {count} pages in {_relative(places.feedback)}")
    return DONE


def give_back(options: argparse.Namespace) -> int:
    """Write what the platforms take back, and mail pages where that is asked. Exit code 1: some are in nothing."""
    course = _course_at(Path(options.output))
    (homework,) = _homeworks(options.hw, course)
    places = _places_with_gradebook(options)

    from autograder.desk import whole_class as desk
    from autograder.intake.times import CollectedTimes
    from autograder.pages import returning

    desk.rewrite_feedback(course, [homework], places)
    pages = returning.pages_of(places.feedback, homework)
    folder = places.root / "exports" / "return"
    if options.mail:
        return _mail(options, course, homework, pages, folder)
    done = returning.write_zips(folder, homework, pages, CollectedTimes(places.submissions))
    for path in done.files:
        print(f"{len(done.to[path.name.partition('-')[0]])} pages in {_relative(path)}")
    for student, why in done.left:
        print(printable(f"in no zip: {student}: {why}"))
    if done.left:
        print("MAIL=1 shows who could be sent their page by mail")
    return SOME_NOT_GRADED if done.left else DONE


def _mail(options: argparse.Namespace, course: Course, homework: Homework, pages: dict[str, Path], folder: Path) -> int:
    """Send each page to its student, or say to whom it would go."""
    from autograder.intake.roster import ROSTER, read_roster
    from autograder.pages import returning

    roster = read_roster(Path(options.output) / ROSTER)
    log = folder / f"sent-{homework.id}.json"
    sent, sender = returning.read_sent(log), options.sender or "sender@example.org"
    made, left = returning.messages(course, homework, pages, roster, sender, sent)
    for student, why in left:
        print(printable(f"no mail: {student}: {why}"))
    if not options.send:
        for student, message in made:
            print(printable(f"would be sent: {student}, {message['To']}"))
        print(f"{len(made)} messages, none sent (SEND=1 SMTP=host:port SENDER=address sends them)")
    else:
        if not options.smtp or not options.sender:
            raise CommandError("sending needs SMTP=host:port and SENDER=address")
        done = returning.send(returning.Server.of(options.smtp), made, sent, log)
        print(f"{len(done)} messages sent; {_relative(log)} says to whom")
    return SOME_NOT_GRADED if any("address" in why for _, why in left) else DONE


def formgrader(options: argparse.Namespace) -> int:
    """Open the formgrader on what was graded; it runs until it is stopped."""
    places = _places_with_gradebook(options)
    if not places.autograded.is_dir():
        raise CommandError(f"there is nothing to mark in {_relative(places.root)} yet; run `make grade` first")

    import subprocess

    from autograder.marks.gradebook import Book, sqlite_url
    from autograder.pages import formgrader_server

    course = load_course()
    with Book(sqlite_url(places.gradebook), course) as book:  # what is wrong with it is better said here
        for homework in course.given:
            book.scores(homework)
    command, environment = formgrader_server.command(places.root, options.port, browser=options.browser)
    _say(f"Marking what is in {_relative(places.root)}. Stop with Ctrl-C; then `make grade` and `make feedback`.")
    return subprocess.run(command, cwd=ROOT, env=environment).returncode


def final(options: argparse.Namespace) -> int:
    """Print the course grades and write grades.csv."""
    places = _places_with_gradebook(options)
    course = _course_at(places.root, options.encoding)

    from autograder.desk import report
    from autograder.marks import final as grades_of
    from autograder.pages import overview, terminal

    found, scores, grades = _records_scores_and_grades(options, course, places)
    grades_of.write_grades(places.grades, course, grades, grades_of.style_of(options.separator))
    written = overview.write_overview(places.root, course, found, scores, grades)
    report.show_grades(terminal.console(), course, grades)
    print(f"written to {', '.join(_relative(path) for path in (places.grades, *written))}")
    return DONE


def _records_scores_and_grades(
    options: argparse.Namespace, course: Course, places: Places
) -> tuple[dict[str, list[Record]], desk.Scores, list[CourseGrade]]:
    """Every record by homework, what the gradebook holds, and everybody's grade with the exam."""
    from autograder import records
    from autograder.desk import whole_class as desk
    from autograder.marks.gradebook import Book, sqlite_url

    found = {homework.id: records.all_records(places.records, homework.id) for homework in course.given}
    with Book(sqlite_url(places.gradebook), course) as book:
        exam_file, unknown = Path(options.exam) if options.exam else None, options.unknown == "take"
        exam = desk.read_exam(course, places, book, exam_file, encoding=options.encoding, unknown=unknown)
        scores = desk.all_scores(course, book)
        known = {homework: {record["student"]: record for record in own} for homework, own in found.items()}
        return found, scores, desk.course_grades(course, places, book, scores, exam, known)


def export(options: argparse.Namespace) -> int:
    """Write the grades as other gradebooks take them."""
    places = _places_with_gradebook(options)
    course = _course_at(places.root, options.encoding)

    from autograder.desk import whole_class as desk
    from autograder.intake.roster import read_roster
    from autograder.intake.times import CollectedTimes
    from autograder.marks import exports
    from autograder.marks.final import style_of

    found, scores, grades = _records_scores_and_grades(options, course, places)
    folder, roster = places.root / "exports", read_roster(places.roster, options.encoding)
    release = exports.Release(automatic=options.automatic, zeros=options.zeros)
    if options.into:
        return _fill(options, course, places, roster, exports.items(course, grades, release))
    written = exports.write_exports(folder, course, grades, release, style_of(options.separator), roster)
    count, times = 0, CollectedTimes(places.submissions)
    for homework in course.given:
        for record in found[homework.id]:
            late = desk.late_of(times, homework, record["student"])
            exports.write_results(folder, homework, record, scores[homework.id].get(record["student"], {}), late)
            count += 1
    listed = ", ".join(_relative(path) for path in written)
    print(f"written: {listed}, and {count} results.json in {_relative(folder / 'gradescope')}")
    for homework in course.given:
        if waiting := [grade.student for grade in grades if grade.homeworks[homework.id].open]:
            where = "with the points of the checks alone" if options.automatic else "and so in plain.csv alone"
            print(f"not final yet, {where}: {homework.id} of {len(waiting)} students")
    return DONE


def _fill(options: argparse.Namespace, course: Course, places: Places, roster: Roster, items: list[Item]) -> int:
    """Fill a platform's own table with the points of one homework, or of the exam."""
    from autograder.intake.times import read_collected
    from autograder.marks import filling

    wanted = "exam" if options.hw == "exam" else _homeworks(options.hw, course)[0].id if options.hw else ""
    chosen = [item for item in items if wanted in (item.homework, item.id)]
    if not wanted or not chosen:
        there = ", ".join(sorted({item.homework or item.id for item in items})) or "nothing yet"
        raise CommandError(f"INTO= needs HW=, one that has points to go out: {there} (AUTOMATIC=1 those of the checks)")
    known = read_collected(places.submissions).get(wanted, {})
    filled = filling.fill(Path(options.into), places.root / "exports", chosen[0], roster, known, options.encoding)
    print(f"written: {_relative(filled.path)}, {filled.count} lines with points of {chosen[0].id}")
    for student in filled.unplaced:
        print(printable(f"no line is certainly of {student}, whose points are not in it"))
    return SOME_NOT_GRADED if filled.unplaced else DONE


def collect(options: argparse.Namespace) -> int:
    """Take notebooks from an LMS export or a folder into submissions/. Exit code 1: some were left alone."""
    if not options.source:
        raise CommandError("what is to be collected? make collect FROM=downloads.zip, or FROM=folder")
    course = _course_at(Path(options.output), options.encoding)
    homework = _homeworks(options.hw, course)[0] if options.hw else None

    from autograder.intake import collect
    from autograder.intake.log import read_log

    submissions = Path(options.submissions) if options.submissions else Path(options.output) / "submissions"
    source = Path(options.source)
    if source.is_dir() and submissions.resolve().is_relative_to(source.resolve()):
        raise CommandError(f"{_relative(source)} holds {_relative(submissions)} itself; name the downloads alone")
    orders = collect.Orders(
        homework,
        at=_moment(options.at, course),
        log=read_log(Path(options.log), course.zone, options.encoding) if options.log else None,
        encoding=options.encoding,
        unknown=options.unknown == "take",
        latest=options.latest,
    )
    try:
        done = collect.collect(source, submissions, course, orders)
    except OSError as error:
        raise CommandError(str(error)) from None
    for what, lines in (("new", done.new), ("replaced", done.replaced), ("there already", done.same)):
        for student, homework_id, name in lines:
            print(printable(f"{what}: {student}/{homework_id} from {name}"))
    for name, why in done.left:
        print(printable(f"left alone: {name}: {why}"))
    for note in done.notes:
        print(printable(f"team: {note}"))
    for sentence in collect.said_of_times(done):
        print(printable(sentence))
    print(f"{len(done.new)} new, {len(done.replaced)} replaced, {len(done.same)} the same, {len(done.left)} left alone")
    return SOME_NOT_GRADED if done.left else DONE


def similarity(options: argparse.Namespace) -> int:
    """Compare the submissions of a homework with each other."""
    course = load_course()
    (homework,) = _homeworks(options.hw, course)

    from autograder.notebooks import read_notebook
    from autograder.pages import similarity
    from autograder.provenance import released_notebook

    folder = Path(options.submissions) if options.submissions else Path(options.output) / "submissions"
    found = find_submissions(folder, [homework], [known.id for known in course.homeworks])
    found = [submission for submission in found if submission.homework == homework.id]
    report = Path(options.output) / "similarity" / f"{homework.id}.html"
    released = read_notebook(released_notebook(homework).read_bytes())
    earlier = {}
    for year, place in _years(options.earlier).items():
        before = find_submissions(place, [homework], [known.id for known in course.homeworks])
        earlier[year] = [submission for submission in before if submission.homework == homework.id]
    pairs, left = similarity.compare(homework, course, found, released, report, earlier=earlier)
    for group in similarity.clusters(pairs):
        print(printable(f"a group of {len(group)}: {', '.join(group)}"))
    for pair in pairs[:20]:
        print(printable(f"{100 * pair.share:3.0f} %  {pair.students[0]}  {pair.students[1]}"))
    for student, why in left:
        print(printable(f"not compared: {student}: {why}"))
    many = "1 pair is" if len(pairs) == 1 else f"{len(pairs)} pairs are"
    print(f"{many} alike; side by side in {_relative(report)}")
    return DONE


def _years(folders: list[str]) -> dict[str, Path]:
    """What folders of other years are called: 2025 for 2025/ and 2025/submissions; by the whole path where two would be
    called the same. Raises CommandError."""
    years: dict[str, Path] = {}
    for place in map(Path, folders):
        if not place.is_dir():
            raise CommandError(f"{place} is no folder; EARLIER= names folders like submissions/, of other years")
        whole = place.resolve()
        name = whole.parent.name if whole.name == "submissions" else whole.name
        years[str(whole) if name in years else name] = place
    return years


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m autograder", description="Grade, release and close a course.", allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: object, help_text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help_text, description=help_text, allow_abbrev=False)
        added.set_defaults(run=run)
        return added

    grading = command("grade", grade, "grade submissions/<student>/<hw>/<hw>.ipynb, or a demo class when there is none")
    grading.add_argument("--hw", help="only this homework")
    grading.add_argument("--student", help="only this student")
    grading.add_argument("--submissions", metavar="DIR", help="where the submissions are (default: submissions)")
    grading.add_argument("--jobs", type=_jobs, default=_processors(), metavar="N", help="worker processes")
    grading.add_argument("--scheduler", metavar="URL", help="grade on the Dask cluster of tcp://host:port")
    grading.add_argument("--force", action="store_true", help="grade again what has not changed")
    grading.add_argument("--seed", type=_seed, metavar="N", help="another seed for the checks' random numbers")
    grading.add_argument(
        "--isolation", choices=ISOLATIONS, help="default: bubblewrap; none runs student code unprotected"
    )

    scheduling = command("scheduler", scheduler, "start the scheduler of a Dask cluster, for `grade --scheduler`")
    scheduling.add_argument("--host", default="127.0.0.1", help="the address to listen at (default: this machine only)")
    scheduling.add_argument("--port", type=int, default=8786, metavar="N", help="default: 8786")

    working = command("workers", workers, "start workers of a Dask cluster on this machine")
    working.add_argument("--scheduler", required=True, metavar="ADDRESS", help="tcp://host:port of the scheduler")
    working.add_argument("--jobs", type=_jobs, default=_processors(), metavar="N", help="default: as processors")
    working.add_argument("--host", help="the address that the others reach this machine at")

    releasing = command("release", release, "write the student notebooks and the solved ones from solutions/")
    releasing.add_argument("--hw", help="only this homework")
    releasing.add_argument("--check", action="store_true", help="only say whether what is committed is up to date")
    releasing.add_argument("--no-execute", dest="execute", action="store_false", help="do not run the solved notebook")

    feeding = command("feedback", feedback, "write the feedback pages anew from records and gradebook")
    feeding.add_argument("--hw", help="only this homework")

    marking = command("formgrader", formgrader, "open nbgrader's formgrader in the browser, to mark theory")
    marking.add_argument("--port", type=int, default=8888, metavar="N", help="the first port to try (default: 8888)")
    marking.add_argument("--no-browser", dest="browser", action="store_false", help="only print the address")

    closing = command("final", final, "course grades from the gradebook and the exam")
    returning = command("return", give_back, "feedback pages as Moodle and Canvas take them back, or by mail")
    returning.add_argument("--hw", required=True, help="the homework whose pages go back")
    returning.add_argument("--mail", action="store_true", help="by mail; nothing is sent without --send")
    returning.add_argument("--send", action="store_true", help="send the messages")
    returning.add_argument("--smtp", metavar="HOST:PORT", help="the mail server; SMTP_USER and SMTP_PASSWORD log in")
    returning.add_argument("--sender", metavar="ADDRESS", help="whose the messages are")
    exporting = command("export", export, "grades for Moodle, Canvas and Gradescope, and as plain CSV, into exports/")
    for added in (closing, exporting):
        added.add_argument("--exam", metavar="FILE", help="CSV with the columns student,points (default: exam.csv)")
        added.add_argument("--separator", default="", help="of tables for people (default: the locale's)")
        added.add_argument("--encoding", default="", help="of exam.csv and other tables that are not in UTF-8: cp1251")
        added.add_argument("--unknown", choices=["take", "leave"], default="leave", help="exam of who is nowhere else")
    exporting.add_argument("--automatic", action="store_true", help="the points of the checks alone, before marking")
    exporting.add_argument("--zeros", action="store_true", help="0 points for those who handed in nothing")
    exporting.add_argument("--into", metavar="FILE", help="a platform's gradebook or worksheet (CSV) to fill for --hw")
    exporting.add_argument("--hw", help="the homework, or exam, that --into is filled with")

    collecting = command("collect", collect, "take notebooks from an LMS export or a folder into submissions/")
    collecting.add_argument("source", metavar="FROM", help="a zip file or a folder")
    collecting.add_argument("--hw", help="the homework that they are all for")
    collecting.add_argument("--submissions", metavar="DIR", help="where to put them (default: submissions)")
    collecting.add_argument("--at", default="", metavar="TIME", help="when they were handed in: 2026-10-12T23:59")
    collecting.add_argument("--log", default="", metavar="FILE", help="CSV of the platform with who handed in when")
    collecting.add_argument("--encoding", default="", help="of names that are not in UTF-8: cp866, cp1251, gbk")
    collecting.add_argument("--unknown", choices=["take", "leave"], default="leave", help="those not in roster.csv")
    collecting.add_argument("--latest", action="store_true", help="a late file replaces one that came in time")

    comparing = command("similarity", similarity, "pairs of submissions that are alike beyond what all received")
    comparing.add_argument("--hw", required=True, help="the homework")
    comparing.add_argument("--submissions", metavar="DIR", help="where the submissions are (default: submissions)")
    comparing.add_argument("--earlier", metavar="DIR", nargs="*", default=[], help="submissions of other years")

    for added in (grading, feeding, marking, closing, exporting, returning, collecting, comparing):
        added.add_argument(
            "--output", metavar="DIR", default=str(ROOT), help="where records, gradebook, feedback and grades are kept"
        )
    return parser


def _course_at(root: Path, encoding: str = "") -> Course:
    """The course, with the extensions that lie in a folder. Raises TableError, CourseError."""
    from autograder.intake.extensions import EXTENSIONS, with_extensions
    from autograder.intake.roster import ROSTER, read_roster

    return with_extensions(load_course(), root / EXTENSIONS, read_roster(root / ROSTER, encoding), encoding)


def _moment(text: str, course: Course) -> datetime | None:
    from autograder.intake.times import read_moment

    if not text:
        return None
    if (moment := read_moment(text, course.zone)) is None:
        raise CommandError(f"AT={text} is no date and time; AT=2026-10-12T23:59 is one, in the course's time zone")
    return moment


def _homeworks(asked: str | None, course: Course) -> list[Homework]:
    """The homework asked for, by its id or its number, or all that are written. Raises CourseError."""
    if not asked:
        return list(course.given)
    by_number = [homework.id for homework in course.homeworks if homework.id == f"hw{asked}"]
    return [course.homework(by_number[0] if by_number else asked)]


def _jobs(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"must be a number of processes, got {text!r}")
    return int(text)


def _seed(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(f"must be a whole number, not negative, got {text!r}")
    return int(text)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _require_submissions(student: str | None, folder: Path, homeworks: list[Homework], course: Course) -> None:
    """Refuse a folder or a student that is not there. Raises SubmissionsError, CommandError with those there are."""
    found = find_submissions(folder, homeworks, [homework.id for homework in course.homeworks])
    names = sorted({submission.student for submission in found})
    if student is not None and student not in names:
        listed = ", ".join(names) or "none"
        raise CommandError(f"nothing was handed in by {student!r} in {_relative(folder)}; there are: {listed}")


def _workers(options: argparse.Namespace) -> tuple[int, Callable[[int], Executor]]:
    """How many workers there are, and what makes an executor of them."""
    from autograder.judging import batch

    if options.scheduler is None:
        return options.jobs, batch.process_pool
    from autograder.judging.cluster import Cluster, ClusterError

    def connect(workers: int) -> Cluster:
        try:
            return Cluster(options.scheduler)
        except ClusterError as error:
            raise CommandError(str(error), GRADER_BROKE if workers else WRONG_USAGE) from None

    first = connect(0)
    first.shutdown()
    return len(first.workers), connect


def _isolation(asked: str | None, demo: bool) -> str:
    """How student code is kept in. Without bubblewrap only the demo class goes on, whose code is our own.

    For a real class the workers say whether the sandbox works: they need it, and may be on other machines.
    """
    if asked == "none":
        _warn("ISOLATION=none: student code runs with all your rights; every record says so")
        return "none"
    if not demo:
        return "bubblewrap"
    from autograder.sandbox import sandbox_problem

    problem = sandbox_problem()
    if problem is None:
        return "bubblewrap"
    if asked is None:
        _warn(
            f"{problem}\n*** The demo class is our own code, so it is graded WITHOUT isolation; every record says so."
        )
        return "none"
    raise CommandError(
        f"{problem}\nNothing was graded. (ISOLATION=none grades without protection, at your own risk.)", GRADER_BROKE
    )


def _demo(places: Places, course: Course, homeworks: list[Homework]) -> Places:
    from autograder.desk import demo
    from autograder.desk import whole_class as desk

    root = places.root / "build" / "demo"
    _say(f"There are no submissions in {_relative(places.submissions)}: grading a demo class in {_relative(root)}.")
    demo.write_class(root / "submissions", course, homeworks)
    places = desk.Places(root, root / "submissions")
    demo.write_roster(places.roster, course.given)
    return places


def _places_with_gradebook(options: argparse.Namespace) -> Places:
    from autograder.desk.whole_class import Places

    root = Path(options.output)
    places = Places(root, root / "submissions")
    if not places.gradebook.exists():
        demo = " (the demo class has one: --output build/demo)" if (root / "build/demo/gradebook.db").exists() else ""
        raise CommandError(f"there is no gradebook {_relative(places.gradebook)} yet; run `make grade` first{demo}")
    return places


def _relative(path: Path) -> str:
    """A path as a reader of this repository knows it."""
    path = path.resolve()
    return "./" if path == ROOT else str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _complain(error: object, exit_code: int) -> int:
    for line in str(error).split("\n"):  # a table's faulty lines, one below the other
        print(f"autograder: {printable(line)}", file=sys.stderr)
    return exit_code


def _warn(sentence: str) -> None:
    print(f"\n*** {sentence}\n", file=sys.stderr, flush=True)


def _say(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main())
