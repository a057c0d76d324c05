"""Grading one submission and a batch of them, on a small homework and a guest in this process."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import pytest
import small_course as sc
import torch

from autograder import checking, provenance, records
from autograder.checking import GuestFailure
from autograder.course import load_course
from autograder.desk import demo, whole_class
from autograder.intake.roster import read_roster
from autograder.judging import batch, grading
from autograder.judging.pieces import bound_early
from autograder.notebooks import read_notebook, slice_exercise
from autograder.sandbox import Sandbox, sandbox_problem


@pytest.fixture
def course(tmp_path):
    return sc.course_in(tmp_path)


@pytest.fixture
def material(course):
    return sc.material_of(course)


def graded(data, material, guest=None, **more):
    return grading.grade_submission(data, material, 7, guest or sc.Guest(), **more) | {"student": "ada"}


def states(record):
    return {check["id"]: check["state"] for check in record["checks"]}


def test_a_right_submission_gets_every_automatic_point(material):
    record = graded(sc.notebook(sc.RIGHT), material)
    assert (record["state"], record["total"], record["max"]) == ("graded", "10", "10")
    assert set(states(record).values()) == {"passed"}
    assert [entry["points"] for entry in record["exercises"]] == ["6", "4"]
    assert record["checks"][1]["max"] == "1.5"


def test_the_released_notebook_gets_nothing_and_every_check_says_so(material):
    record = graded(sc.notebook(), material)
    assert record["total"] == "0"
    assert set(states(record).values()) == {"not-attempted"}
    assert all(check["message"] for check in record["checks"])


def test_the_record_survives_json_and_its_own_validation(material, tmp_path):
    record = graded(sc.notebook(sc.RIGHT, add="def add(a, b):\n    return a - b"), material)
    records.write_record(tmp_path, record)
    assert records.read_record(tmp_path, "hw1", "ada") == json.loads(json.dumps(record))


def test_provenance_names_all_that_decides(material):
    record = graded(sc.notebook(sc.RIGHT), material)
    assert set(records.DECIDES) <= record["provenance"].keys()
    assert record["provenance"]["started"].endswith("+00:00")
    assert record["provenance"]["sandbox"] == sc.Guest().describe()


def test_the_same_bytes_and_seed_give_the_same_verdict(material):
    data = sc.notebook(sc.RIGHT, add="def add(a, b):\n    return a + b + (a > 10)")
    first, second = (graded(data, material) for _ in range(2))
    assert states(first) == states(second)
    assert states(first)["add/large"] == "failed"


def test_a_mistake_costs_once(material):
    """What builds on it is judged with the course's piece in its place."""
    record = graded(sc.notebook(sc.RIGHT, add="def add(a, b):\n    return a * b"), material)
    assert states(record)["add/large"] == "failed"
    assert states(record)["twice/doubled"] == "passed"
    assert record["exercises"][1]["points"] == "4"
    assert record["exercises"][1]["blocked_by"] == []


def test_what_is_wrong_with_the_course_s_piece_too_is_wrong_itself(material):
    wrong = {"add": "def add(a, b):\n    return a * b", "twice": "def twice(a):\n    return add(a, 3)"}
    (twice,) = [check for check in graded(sc.notebook(wrong), material)["checks"] if check["exercise"] == "twice"]
    assert twice["state"] == "failed"
    assert twice["message"] == "twice is not twice (with the course's add in place of yours, too)"


def test_the_course_s_piece_meets_no_name_of_the_student_s(material):
    piece = (("cell 1", "def helper(a):\n    return a\n\n\ndef add(a, b):\n    return helper(a) + b"),)
    twice = "def helper(a):\n    return add(a, a)\n\n\ndef twice(a):\n    return helper(a)"
    record = graded(sc.notebook(sc.RIGHT, add=sc.STUBS["add"], twice=twice), replace(material, pieces={"add": piece}))
    assert states(record)["twice/doubled"] == "passed"


@pytest.mark.parametrize(
    "twice",
    [
        "def twice(a, of=add(1, 1)):\n    return of * add(a, a)",
        "class Sum(add):\n    pass\n\n\ndef twice(a):\n    return Sum(a)",
        "two = add\n\n\ndef twice(a):\n    return two(a, a)",
        "@add\ndef twice(a):\n    return a",
    ],
)
def test_a_piece_that_is_bound_when_the_code_is_loaded_cannot_be_replaced(material, twice):
    record = graded(sc.notebook(sc.RIGHT, add="def add(a, b=1):\n    return a * b * 0", twice=twice), material)
    (blocked,) = [check for check in record["checks"] if check["exercise"] == "twice"]
    assert blocked["state"] == "blocked"
    assert blocked["message"] == "blocked: needs add"
    assert record["exercises"][1]["blocked_by"] == ["add"]


def test_what_is_nested_too_deeply_to_be_walked_through_counts_as_bound():
    deep = [("cell 1", f"deep = {'-' * 1500}1")]
    assert bound_early(deep, ["add"])
    assert not bound_early([("cell 1", "deep = -1")], ["add"])


def test_without_the_course_s_piece_a_mistake_below_blocks_and_keeps_what_was_said(material):
    record = graded(sc.notebook(sc.RIGHT, add="def add(a, b):\n    return a * b"), replace(material, pieces={}))
    (blocked,) = [check for check in record["checks"] if check["exercise"] == "twice"]
    assert blocked["state"] == "blocked"
    assert "twice is not twice" in blocked["detail"]


def test_an_exercise_that_holds_without_what_it_needs_keeps_its_points(material):
    wrong_but_alone = {"add": "def add(a, b):\n    return 0", "twice": "def twice(a):\n    return 2 * a"}
    record = graded(sc.notebook(wrong_but_alone), material)
    assert states(record)["twice/doubled"] == "passed"
    assert record["total"] == "4"


def test_bad_manners_cost_the_cheapest_check_that_saw_them(material):
    class Unmannerly(sc.Guest):
        @contextmanager
        def session(self, parts, limits, watch=()):
            with super().session(parts, limits, watch) as session:
                session.manners = {("add", "arguments")}
                yield session

    record = graded(sc.notebook(sc.RIGHT, twice=sc.STUBS["twice"]), material, Unmannerly())
    assert states(record) == {
        "add/small": "passed",
        "add/large": "failed",
        "add/zero": "passed",
        "twice/doubled": "not-attempted",
    }
    message = next(check["message"] for check in record["checks"] if check["id"] == "add/large")
    assert message == "the values are right, but `add` changes what it is given (work on a copy)"
    wrong = graded(sc.notebook(sc.STUBS, add="def add(a, b):\n    return 1"), material, Unmannerly())
    assert "values are right" not in str(wrong)


def test_what_a_check_file_allows_is_no_breach(material):
    allowing = SimpleNamespace(MAY={"add": ("randomness",)})
    check = replace(material.checks["add"][0], module=allowing)
    assert check.may("add", "randomness")
    assert not check.may("add", "arguments") and not check.may("twice", "randomness")


def test_what_was_never_written_is_not_called_blocked(material):
    record = graded(sc.notebook(sc.STUBS, add="def add(a, b):\n    return 1"), material)
    assert states(record)["twice/doubled"] == "not-attempted"


def test_a_need_that_is_a_stub_costs_only_itself(material):
    record = graded(sc.notebook(sc.STUBS, twice=sc.RIGHT["twice"]), material)
    assert states(record)["twice/doubled"] == "passed"
    assert record["total"] == "4"


def test_a_broken_cell_costs_its_own_exercise(material):
    record = graded(sc.notebook(sc.RIGHT, twice="def twice(a:\n  return"), material)
    assert record["total"] == "6"
    assert states(record)["twice/doubled"] == "error"


def test_after_two_timeouts_the_exercise_is_not_waited_for(material):
    guest = sc.Guest()
    record = graded(sc.notebook(sc.RIGHT, add="def add(a, b):\n    raise TimeoutError"), material, guest)
    assert [check["state"] for check in record["checks"][:3]] == ["timeout"] * 3
    assert "not run" in record["checks"][2]["message"]
    assert guest.sessions == 4  # two of add, and two of twice: once with the course's add


def test_a_submission_that_used_up_its_time_ends(material):
    clock = iter(range(0, 10_000, 100))
    guest = sc.Guest()
    record = graded(sc.notebook(sc.RIGHT), material, guest, wall_seconds=250.0, now=lambda: float(next(clock)))
    assert guest.sessions < 4
    assert record["checks"][-1]["state"] == "timeout"
    assert "used up its time" in record["checks"][-1]["message"]


def test_no_check_may_outlast_what_is_left(material):
    asked = []

    class Watching(sc.Guest):
        def session(self, parts, limits, watch=()):
            asked.append(limits.wall_seconds)
            return super().session(parts, limits, watch)

    graded(sc.notebook(sc.RIGHT), material, Watching(), wall_seconds=5.0)
    assert all(seconds <= 5.0 for seconds in asked)


def test_a_broken_check_leaves_the_submission_ungraded(course):
    def broken(grade):
        """never works"""
        raise KeyError("ours")

    material = sc.material_of(course)
    checks = {**material.checks, "twice": (sc.check("twice", broken, 4),)}
    record = graded(sc.notebook(sc.RIGHT), replace(material, checks=checks))
    assert (record["state"], record["fault"], record["total"]) == ("ungraded", "grader", None)
    assert "no points were lost" in record["reason"]
    assert states(record)["twice/broken"] == "grader-error"


def test_a_guest_that_cannot_begin_is_a_verdict(material):
    class Refusing(sc.Guest):
        @contextmanager
        def session(self, parts, limits, watch=()):
            raise GuestFailure(checking.MEMORY, "does not fit")
            yield

    assert set(states(graded(sc.notebook(sc.RIGHT), material, Refusing())).values()) <= {"memory", "blocked"}


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"PK\x03\x04", b'{"cells": 3, "nbformat": 4}']
)
def test_a_file_that_is_no_notebook_is_ungraded_with_a_sentence(material, data):
    record = graded(data, material)
    assert (record["state"], record["fault"]) == ("ungraded", "submission")
    assert len(record["reason"].split()) > 3


def test_theory_answers_are_told_from_the_released_text(material):
    assert graded(sc.notebook(sc.RIGHT), material)["theory"][0]["answered"] is False
    answered = graded(sc.notebook(sc.RIGHT, answer="Because."), material)["theory"][0]
    assert answered["answered"] is True
    assert answered["answer"] != graded(sc.notebook(sc.RIGHT, answer="Because!"), material)["theory"][0]["answer"]


def test_a_theory_answer_counts_without_metadata_and_ids(material):
    document = json.loads(sc.notebook(sc.RIGHT, answer="Because."))
    for cell in document["cells"]:
        del cell["metadata"], cell["id"]
    record = graded(json.dumps(document).encode(), material)
    assert (record["theory"][0]["answered"], record["total"]) == (True, "10")


def test_the_default_seed_is_the_course_s_and_homework_s(course):
    seed = provenance.default_seed(course, course.homework("hw1"))
    assert seed == provenance.default_seed(course, course.homework("hw1"))
    assert seed != provenance.default_seed(replace(course, id="other"), course.homework("hw1"))
    assert seed != provenance.default_seed(course, course.homework("hw1"), "a secret")


def test_a_course_s_secret_is_made_once_and_for_its_owner_alone(tmp_path):
    file = tmp_path / "seed.secret"
    secret = provenance.course_secret(file)
    assert len(secret) == 64 and secret == provenance.course_secret(file)
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["seed.secret"]
    (tmp_path / "other").mkdir()
    assert secret != provenance.course_secret(tmp_path / "other" / "seed.secret")


def test_records_hold_no_secret_and_the_demo_class_needs_none(course, tmp_path):
    places = whole_class.Places(tmp_path, tmp_path / "submissions")
    homework = course.homework("hw1")
    public = whole_class._deciding(course, homework, places, whole_class.Orders("none", 1, public_seeds=True))
    chosen = whole_class._deciding(course, homework, places, whole_class.Orders("none", 1, seed=5))
    assert (public["seed"], chosen["seed"]) == (provenance.default_seed(course, homework), 5)
    assert not places.secret.exists()
    drawn = whole_class._deciding(course, homework, places, whole_class.Orders("none", 1))
    secret = places.secret.read_text()
    seed, name = whole_class._seed(course, homework, places, whole_class.Orders("none", 1))
    assert drawn["seed"] == name == provenance.secret_name(homework, secret)
    assert seed == provenance.default_seed(course, homework, secret) != public["seed"]
    assert secret not in json.dumps(drawn) and str(seed) not in json.dumps(drawn)


def test_points_are_exact(material):
    third = {
        "add": tuple(
            replace(check, points=Fraction(6, 3) + Fraction(1, 10_000) * i)
            for i, check in enumerate(material.checks["add"])
        )
    }
    record = graded(sc.notebook(sc.RIGHT), replace(material, checks={**material.checks, **third}))
    assert record["total"] == "10.0003"


def test_what_is_prepared_is_made_once_per_seed_and_cannot_be_spoilt():
    made = []

    def numbers(rng):
        made.append(torch.rand(3, generator=rng, dtype=torch.float64))
        return {"truth": [made[-1].clone()]}

    def grade(seed):
        return checking.Grade(session=None, reference=None, module=None, seed=seed)

    first = grade(5).prepared(numbers)
    first["truth"][0].zero_()  # a check that writes into it
    assert torch.equal(grade(5).prepared(numbers)["truth"][0], made[0]) and len(made) == 1
    assert not torch.equal(grade(6).prepared(numbers)["truth"][0], made[0]) and len(made) == 2
    drawn = torch.rand(3, generator=grade(5).rng, dtype=torch.float64)
    assert not torch.isin(drawn, made[0]).any()  # other numbers than those that the check draws itself


# --- batches


def tasks(*names):
    return [batch.Task(("hw1", name), name.encode(), "hw1", 1, "in-process") for name in names]


class Pool(Executor):
    """Answers by the bytes of a task; `deaths` counts how often each name still takes its worker down."""

    def __init__(self, deaths):
        self.deaths, self.broken = deaths, False

    def submit(self, function, data, *rest):
        name, future = data.decode(), Future()
        if self.deaths.get(name, 0):
            self.deaths[name] -= 1
            self.broken = True
        if self.broken:
            future.set_exception(BrokenProcessPool("a worker died"))
        else:
            future.set_result({"name": name, "fault": ""})
        return future


def names_and_faults(deaths, names, workers, monkeypatch):
    monkeypatch.setattr(batch, "broken", lambda data, *rest, **more: {"name": data.decode(), "fault": "grader"})
    made = []

    def make(size):
        made.append(Pool(deaths))
        return made[-1]

    found = {task.key[1]: record for task, record in batch.grade_all(tasks(*names), make(workers), workers, make)}
    assert all(record["name"] == name for name, record in found.items())
    return {name: record["fault"] for name, record in found.items()}


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_a_dying_worker_costs_nobody_else(workers, monkeypatch):
    names = [f"s{i}" for i in range(9)]
    assert names_and_faults({"s3": 9, "s7": 9}, names, workers, monkeypatch) == {
        name: "grader" if name in ("s3", "s7") else "" for name in names
    }


def test_a_worker_that_dies_once_is_forgiven(monkeypatch):
    assert names_and_faults({"b": 1}, "abc", 2, monkeypatch) == dict.fromkeys("abc", "")


def test_large_notebooks_go_first_and_the_others_keep_their_order():
    handed_out = []

    class Watched(Pool):
        def submit(self, function, data, *rest):
            handed_out.append(data.decode())
            return super().submit(function, data, *rest)

    given = tasks("b", "aaa", "a", "cc", "bbb")
    assert len(list(batch.grade_all(given, Watched({}), 1))) == 5
    assert handed_out == ["aaa", "bbb", "cc", "b", "a"]


@pytest.mark.parametrize("workers", [1, 2])
def test_all_workers_of_a_pool_start_together(workers):
    with batch.process_pool(workers) as pool:
        answers = [future.result() for future in batch.start(pool, workers, "none", {})]
        assert len(pool._processes) == workers
    assert [problem for problem, _ in answers] == [""] * workers


def test_real_processes_that_die(monkeypatch):
    """The same with a real pool: one task ends its process, the others answer."""
    monkeypatch.setattr(batch, "broken", lambda data, *rest, **more: {"fault": "grader"})

    class Real(Executor):
        def __init__(self, workers):
            self.pool = batch.process_pool(workers)

        def submit(self, function, data, *rest):
            return self.pool.submit(os._exit, 9) if data == b"die" else self.pool.submit(json.loads, '{"fault": ""}')

        def shutdown(self, wait=True, *, cancel_futures=False):
            self.pool.shutdown(wait, cancel_futures=cancel_futures)

    found = {task.key[1]: record["fault"] for task, record in batch.grade_all(tasks("a", "die", "b"), Real(1), 1, Real)}
    assert found == {"a": "", "die": "grader", "b": ""}


MAIN = """
import os, time
from autograder.judging import batch
from autograder.sandbox.warden import descendants
if __name__ == "__main__":
    pool = batch.process_pool(1)
    problem, _ = pool.submit(batch.preflight, [], "none").result()
    assert not problem, problem
    print(*descendants(os.getpid()), flush=True)
    time.sleep(600)
"""


def is_running(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_the_sudden_death_of_the_main_process_ends_workers_and_sandboxes(tmp_path):
    script = tmp_path / "main.py"
    script.write_text(MAIN)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as main:
        started = [int(process) for process in main.stdout.readline().split()]
        assert len(started) >= 2 and all(map(is_running, started))  # a worker and a zygote at least
        main.kill()
    until = time.monotonic() + 30
    while any(map(is_running, started)) and time.monotonic() < until:
        time.sleep(0.05)
    assert [process for process in started if is_running(process)] == []


def test_a_grader_that_breaks_once_gets_a_new_sandbox(monkeypatch, material):
    opened = []

    class Broken(sc.Guest):
        def guest(self):
            raise OSError("the zygote is gone")

    def open_sandbox(isolation):
        if not opened or batch_closed:
            opened.append(Broken() if not opened else sc.Guest())
            batch_closed.clear()
        return opened[-1]

    batch_closed = []
    monkeypatch.setattr(batch, "open_sandbox", open_sandbox)
    monkeypatch.setattr(batch, "_close_sandbox", lambda: batch_closed.append(True))
    monkeypatch.setattr(grading, "load_material", lambda homework: material)
    monkeypatch.setattr(batch, "broken", lambda *rest, **more: {"fault": "grader"})
    assert batch.grade_task(sc.notebook(sc.RIGHT), "hw1", 1, "in-process")["total"] == "10"
    assert len(opened) == 2


# --- records


def test_a_crash_while_writing_leaves_the_old_record(tmp_path, monkeypatch, material):
    old = graded(sc.notebook(), material)
    records.write_record(tmp_path, old)

    def crash(*_):
        raise OSError("no space left")

    for function in ("replace", "fsync"):
        with monkeypatch.context() as patch:
            patch.setattr(records.os, function, crash)
            with pytest.raises(OSError, match="no space"):
                records.write_record(tmp_path, graded(sc.notebook(sc.RIGHT), material))
        assert records.read_record(tmp_path, "hw1", "ada") == json.loads(json.dumps(old))
        assert [path.name for path in (tmp_path / "hw1").iterdir()] == ["ada.json"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"total": "10"', '"total": "12"'),
        lambda text: text.replace('"student": "ada"', '"student": "bob"'),
        lambda text: text.replace('"format": 1', '"format": 99'),
        lambda text: text.replace('"points": "6"', '"points": "NaN"'),
        lambda text: text.replace('"points": "6"', '"points": "1e999999"'),
        lambda text: "[]",
        lambda text: "",
    ],
)
def test_a_damaged_record_is_noticed(tmp_path, material, spoil):
    path = records.write_record(tmp_path, graded(sc.notebook(sc.RIGHT), material))
    path.write_text(spoil(path.read_text()))
    with pytest.raises(records.RecordError, match="remove it and grade again"):
        records.read_record(tmp_path, "hw1", "ada")


def test_what_is_shown_cannot_move_the_cursor_or_turn_the_line():
    assert records.printable("a\x1b[2J\u202eb\u200b\x07\ud800") == r"a\u001b[2J\u202eb\u200b\u0007\ud800"
    assert records.printable("Łódź 北京 Ольга") == "Łódź 北京 Ольга"


# --- the demo class, on the real homeworks and in the real sandbox


@pytest.fixture(scope="module")
def judged():
    """Grade a member of a demo class where its program differs from the perfect one, whose points test_checks shows."""
    isolation = "none" if sandbox_problem() else "bubblewrap"
    with Sandbox(isolation) as sandbox:
        yield lambda homework, member: judge_what_differs(homework, member, sandbox)


def judge_what_differs(homework, member, sandbox):
    material = grading.load_material(homework.id)
    data = data_of(member, homework)
    if not member.readable:
        return grading.grade_submission(data, material, 1, sandbox)
    theirs, right = programs(data, material), programs(data_of(demo.PERFECT, homework), material)
    differ = {name for name, sources in theirs.items() if sources != right[name]}
    differ |= {need for e in homework.exercises if e.id in differ for need in e.needs}
    some = replace(homework, exercises=tuple(e for e in homework.exercises if e.id in differ))
    checks = {name: checks for name, checks in material.checks.items() if name in differ}
    record = grading.grade_submission(data, replace(material, homework=some, checks=checks), 1, sandbox)
    graded = sum(records.points(entry["points"]) for entry in record["exercises"])
    return record | {"total": graded + sum(e.points for e in homework.exercises if e.id not in differ)}


def programs(data, material):
    notebook = read_notebook(data)
    slices = {e.id: slice_exercise(notebook, e, material.released) for e in material.homework.exercises}
    return {name: [source for _, source in sliced.parts] for name, sliced in slices.items()}


def data_of(member, homework):
    text = json.dumps(member.make(homework))
    return (text if member.readable else text[: len(text) // 2]).encode()


GIVEN = load_course().given
# `make grade` holds the whole demo class to what it deserves; here it is the one whose homeworks are a half right.
CAST = [
    pytest.param(hw, member, id=f"{hw.id}-{member.id}")
    for hw in GIVEN
    for member in demo.members(hw)
    if member.id == "dilnoza-karimova"
]


@pytest.mark.parametrize(("homework", "member"), CAST)
def test_a_member_of_the_demo_class_gets_what_it_deserves(judged, homework, member):
    record = judged(homework, member)
    told = {
        check["id"]: f"{check['state']}: {check['message']}" for check in record["checks"] if check["state"] != "passed"
    }
    assert record["total"] == demo.expected_points(member, homework), told


def test_a_homework_without_stories_has_one_who_solved_it_and_one_who_did_not():
    assert demo.members(replace(GIVEN[0], id="hw0")) == (demo.PERFECT, demo.EMPTY)
    for homework in GIVEN:
        members = demo.members(homework)
        assert {demo.PERFECT, demo.EMPTY} <= set(members)
        assert len({member.id for member in members}) == len(members)
        assert {member.id for member in members} <= {member.id for member in demo.members(GIVEN[0])}, "it is one class"


def test_the_demo_class_is_written_in_nbgrader_s_layout(tmp_path):
    course = load_course()
    (tmp_path / "class" / "somebody").mkdir(parents=True)
    demo.write_class(tmp_path / "class", course, course.given)
    written = {path.relative_to(tmp_path / "class").as_posix() for path in (tmp_path / "class").rglob("*.ipynb")}
    assert written == {f"{member.id}/{hw.id}/{hw.id}.ipynb" for hw in course.given for member in demo.members(hw)}
    assert not (tmp_path / "class" / "somebody").exists()
    demo.write_roster(tmp_path / "roster.csv", course.given)
    roster = read_roster(tmp_path / "roster.csv")
    assert {student.id for student in roster} == {path.partition("/")[0] for path in written}
    assert roster.called("Ada Lindqvist") == {"ada-lindqvist"} and all("@example.org" in one.email for one in roster)
