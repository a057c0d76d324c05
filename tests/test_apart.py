"""Work in a process of its own: what it gives, and how it ends when it costs too much."""

import os
import signal
import time

import pytest
import small_course as sc

from autograder.judging import apart, grading
from autograder.judging.apart import Allowance, Apart, CostsTooMuchError
from autograder.sandbox.warden import children

LITTLE = Allowance(cpu_seconds=1, memory_bytes=200 << 20, wall_seconds=60)


@pytest.fixture
def apart_from_here():
    """Makes an `Apart`; all are closed at the end."""
    made = []

    def make(work, allowance=LITTLE):
        made.append(Apart(work, allowance))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_what_the_work_gives_comes_back_as_json_holds_it(apart_from_here):
    work = apart_from_here(lambda data: {"pid": os.getpid(), "pair": ("\ud800", None), "long": "x" * len(data)})
    done, cpu = work(b"y" * 3_000_000)
    assert done["pid"] != os.getpid() and done["pair"] == ["\ud800", None] and len(done["long"]) == 3_000_000
    assert 0 <= cpu < 1


def test_one_process_does_piece_after_piece_each_with_the_whole_allowance(apart_from_here):
    work = apart_from_here(lambda data: (burn(float(data)), os.getpid())[1])
    pids = {work(b"0.6")[0] for _ in range(4)}
    assert len(pids) == 1


def test_after_work_that_costs_too_much_others_go_on(apart_from_here):
    work = apart_from_here(lambda data: (os._exit(int(data)) if data else None, os.getpid())[1])
    first, _ = work(b"")
    with pytest.raises(CostsTooMuchError, match="exit code 3"):
        work(b"3")
    second, _ = work(b"")
    os.kill(second, signal.SIGKILL)
    os.waitid(os.P_PID, second, os.WEXITED | os.WNOWAIT)
    third, _ = work(b"")
    assert len({first, second, third}) == 3


def test_a_fork_has_a_process_of_its_own_and_leaves_its_parent_s_alone(apart_from_here):
    work = apart_from_here(lambda data: os.getpid())
    ours, _ = work(b"")
    theirs, _ = apart_from_here(lambda data: (work(b"")[0], work.close())[0])(b"")
    assert theirs != ours == work(b"")[0]


def test_a_process_that_grew_is_replaced(apart_from_here):
    kept = []
    work = apart_from_here(lambda data: (kept.append(bytes(int(data))), os.getpid())[1])
    assert work(b"1000")[0] == work(str(50 << 20).encode())[0] != work(b"1000")[0]


def burn(seconds=30):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


@pytest.mark.parametrize(
    ("work", "sentence"),
    [
        (lambda data: burn(), "took more than 1 s of processor time"),
        (lambda data: bytes(300 << 20), "took more than 200 MiB of memory"),
        (lambda data: os.kill(os.getpid(), signal.SIGSEGV), "ended Python itself"),
        (lambda data: os._exit(3), "ended Python itself"),
    ],
)
def test_work_that_costs_too_much_ends(apart_from_here, work, sentence):
    before = children(os.getpid())  # the sandboxes of other tests
    with pytest.raises(CostsTooMuchError, match=sentence):
        apart_from_here(work)(b"")
    assert children(os.getpid()) == before, "something is left behind"


def test_work_that_waits_ends(apart_from_here):
    begin = time.monotonic()
    with pytest.raises(CostsTooMuchError, match="did not end within 0.2 s"):
        apart_from_here(lambda data: time.sleep(60), Allowance(wall_seconds=0.2))(b"")
    assert time.monotonic() - begin < 30


def test_a_fault_of_ours_is_ours(apart_from_here):
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        apart_from_here(lambda data: 1 / 0)(b"")


def test_no_descriptor_stays_open():
    before = os.listdir("/proc/self/fd")
    for _ in range(3):
        work = Apart(lambda data: 1, LITTLE)
        assert work(b"")[0] == 1
        assert work.close() in (0, -signal.SIGKILL)  # it ends by itself when nobody is there any more
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_a_notebook_that_keeps_the_compiler_busy_costs_itself_alone(tmp_path, monkeypatch):
    """Alternatives in alternatives: the compiler takes minutes for 400,000 characters of them."""
    alternatives = "|".join(["(1|2)"] * 16_000)
    hostile = sc.notebook(sc.RIGHT, add=f"match 1:\n    case {alternatives}: add = 1")
    monkeypatch.setattr(grading, "READING", LITTLE)
    material = sc.material_of(sc.course_in(tmp_path))
    begin = time.process_time()
    record = grading.grade_submission(hostile, material, 7, sc.Guest())
    assert (record["state"], record["fault"]) == ("ungraded", "submission")
    assert "Python took more than 1 s of processor time" in record["reason"]
    assert time.process_time() - begin < 1.0  # the judge's own
    assert apart.Allowance().cpu_seconds == 20
