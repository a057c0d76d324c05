"""Work in a process of its own: what it gives, and how it ends when it costs too much."""

import os
import signal
import time

import pytest
import small_course as sc

from autograder.judging import apart, grading
from autograder.judging.apart import Allowance, CostsTooMuchError, run_apart
from autograder.sandbox.warden import children

LITTLE = Allowance(cpu_seconds=1, memory_bytes=200 << 20, wall_seconds=60)


def test_what_the_work_gives_comes_back_as_json_holds_it():
    done, cpu = run_apart(lambda: {"pid": os.getpid(), "pair": ("\ud800", None), "long": "x" * 3_000_000}, LITTLE)
    assert done["pid"] != os.getpid() and done["pair"] == ["\ud800", None] and len(done["long"]) == 3_000_000
    assert 0 <= cpu < 1


def burn():
    until = time.process_time() + 30
    while time.process_time() < until:
        pass


@pytest.mark.parametrize(
    ("work", "sentence"),
    [
        (burn, "took more than 1 s of processor time"),
        (lambda: bytes(300 << 20), "took more than 200 MiB of memory"),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), "ended Python itself"),
        (lambda: os._exit(3), "ended Python itself"),
    ],
)
def test_work_that_costs_too_much_ends(work, sentence):
    before = children(os.getpid())  # the sandboxes of other tests
    with pytest.raises(CostsTooMuchError, match=sentence):
        run_apart(work, LITTLE)
    assert children(os.getpid()) == before, "something is left behind"


def test_work_that_waits_ends():
    begin = time.monotonic()
    with pytest.raises(CostsTooMuchError, match="did not end within 0.2 s"):
        run_apart(lambda: time.sleep(60), Allowance(wall_seconds=0.2))
    assert time.monotonic() - begin < 30


def test_a_fault_of_ours_is_ours():
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        run_apart(lambda: 1 / 0, LITTLE)


def test_no_descriptor_stays_open():
    before = os.listdir("/proc/self/fd")
    for _ in range(3):
        run_apart(lambda: 1, LITTLE)
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
