"""The comparison with peer libraries: that it notices what it must, with the peers that every environment has."""

import json
import math
import warnings

import numpy as np
import pytest
import torch

from autograder.course import load_course
from solutions.bench import harness, hw2
from solutions.bench.__main__ import main
from solutions.bench.harness import Operation, Work, arrays, compare, difference, measure
from solutions.bench.suite import MODULES, OPERATIONS, WITHOUT_PEER


def named(group, name):
    (operation,) = [o for o in OPERATIONS if (o.group, o.name) == (group, name)]
    return operation


def against(ours, peers, **fields):
    return Operation("hw0/toy", "toy", "small", lambda dtype: Work(ours, peers), **fields)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: f"{o.group}: {o.name}")
def test_ours_runs_and_gives_numbers(operation):
    numbers = arrays(operation.build(operation.timed_in).ours())
    assert sum(a.size for a in numbers) and all(math.isfinite(a.sum()) for a in numbers)


def test_every_exercise_is_compared_or_says_why_not():
    assert list(MODULES) == [hw.id for hw in load_course().homeworks if hw.id in MODULES] and "hw1" in MODULES
    exercises = {f"{hw.id}/{e.id}" for hw in load_course().homeworks if hw.id in MODULES for e in hw.exercises}
    compared = {operation.group for operation in OPERATIONS}
    assert compared | set(WITHOUT_PEER) == exercises
    assert not compared & set(WITHOUT_PEER)


def test_operations_are_told_apart_by_their_names():
    assert len({(operation.group, operation.name) for operation in OPERATIONS}) == len(OPERATIONS)


def test_the_difference_is_relative_only_above_one():
    assert difference(torch.tensor([1e-3, 200.0]), np.array([3e-3, 202.0])) == pytest.approx(2 / 202)
    assert difference({"a": torch.ones(2, 1)}, (torch.ones(2).numpy(),)) == 0


@pytest.mark.parametrize(
    "wrong",
    [lambda x: -x, lambda x: 2 * x, lambda x: x + 1e-3, lambda x: x.T.contiguous().view_as(x), lambda x: x.roll(1)],
)
def test_the_difference_shows_a_wrong_result(wrong):
    right = torch.linspace(0.1, 2, 12, dtype=torch.float64).view(3, 4)
    assert difference(wrong(right), right) > 1e-4


def test_nan_is_never_agreement():
    x = torch.tensor([1.0, math.nan])
    assert math.isnan(difference(x, x))
    assert math.isnan(difference(torch.tensor([math.inf]), torch.tensor([math.inf])))
    (row,) = compare(against(lambda: x, {"peer": lambda: lambda: x}), rounds=1)
    assert row.bad


@pytest.mark.parametrize("theirs", [torch.ones(3, 4).T, torch.ones(12), (torch.ones(3, 4), torch.ones(1))])
def test_other_shapes_are_no_agreement(theirs):
    with pytest.raises(ValueError, match="shapes differ"):
        difference(torch.ones(3, 4), theirs)
    (row,) = compare(against(lambda: torch.ones(3, 4), {"peer": lambda: lambda: theirs}), rounds=1)
    assert row.bad and "shapes differ" in row.agreement


def test_a_result_without_numbers_is_no_agreement():
    with pytest.raises(ValueError, match="no numbers"):
        difference((), ())


def missing_library():
    import a_library_that_nobody_has  # noqa: F401


def broken_library():
    raise RuntimeError("too old")


def talkative_library():
    def call():
        print("hello")
        warnings.warn("careful", stacklevel=1)
        return torch.ones(2)

    return call


def test_a_missing_peer_is_nobodys_fault_and_a_broken_one_is_told():
    peers = {"missing": missing_library, "broken": broken_library, "good": lambda: lambda: torch.ones(2)}
    missing, broken, good = compare(against(lambda: torch.ones(2), peers), rounds=2)
    assert missing.problem == "not installed" and not missing.bad and missing.ratio is None
    assert missing.ours_ms > 0
    assert broken.bad and "too old" in broken.problem
    assert good.agreement == "0" and not good.bad and good.ratio == good.peer_ms / good.ours_ms
    assert missing.record()["note"] == "small; not installed"


def test_what_a_peer_prints_or_warns_about_is_not_heard(capfd):
    (row,) = compare(against(lambda: torch.ones(2), {"talkative": talkative_library}), rounds=1)
    assert not row.bad
    assert capfd.readouterr() == ("", "")


def test_both_sides_draw_the_same_noise():
    (row,) = compare(against(lambda: torch.randn(5), {"peer": lambda: lambda: torch.randn(5)}), rounds=1)
    assert row.agreement == "0"


class Clock:
    """Stands in for the module `time`: a call takes as long as it says."""

    def __init__(self):
        self.now, self.log = 0.0, []

    def process_time(self):
        return self.now

    def perf_counter(self):
        return 3 * self.now  # others use the processor two thirds of the time

    def work(self, seconds):
        def call():
            self.now += seconds
            self.log.append(seconds)

        return call


def test_times_are_milliseconds_per_call(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(harness, "time", clock)
    cpu, wall = measure([clock.work(0.002), clock.work(0.02)], rounds=2)
    assert cpu == pytest.approx(np.array([[2.0, 20.0]] * 2))
    assert wall == pytest.approx(3 * cpu)


def test_the_sides_take_turns_in_changing_order(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(harness, "time", clock)
    calls = [clock.work(seconds) for seconds in (0.1, 0.2, 0.3)]  # long enough for one call per sample
    measure(calls, rounds=4)
    timed = clock.log[6:]  # after two calls of each to warm up; each sample is an untimed call and a timed one
    assert timed[::2] == timed[1::2]
    rounds = [tuple(timed[i : i + 6 : 2]) for i in range(0, len(timed), 6)]
    assert len(rounds) == 4 and all(sorted(r) == [0.1, 0.2, 0.3] for r in rounds)
    assert len(set(rounds)) > 1


def no_log_ratio(mean1, log_std1, mean2, log_std2):
    """A KL that has lost a term."""
    return 0.5 * (torch.exp(2 * (log_std1 - log_std2)) + torch.exp(-2 * log_std2) * (mean1 - mean2) ** 2 - 1)


KL = ("hw2/gaussian_losses", "gaussian_kl")


def test_a_reference_agrees_with_its_peer():
    (row,) = compare(named(*KL), rounds=1)
    assert not row.bad and 0 < row.ratio


def test_a_broken_reference_is_noticed(monkeypatch):
    monkeypatch.setattr(hw2, "gaussian_kl", no_log_ratio)
    (row,) = compare(named(*KL), rounds=1)
    assert row.bad and "not 1e-10" in row.agreement


@pytest.fixture(autouse=True)
def threads(monkeypatch):
    """The command sets these for its own process; they are as before when the test has ended."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(variable, "1")


def run(tmp_path, *arguments):
    path = tmp_path / "models.json"
    status = main(["--rounds", "1", "--output", str(path), *arguments])
    return status, json.loads(path.read_text())


def test_the_command_writes_table_and_record(tmp_path, capsys):
    status, record = run(tmp_path, "--only", "gaussian_losses gaussian_kl")
    assert status == 0
    assert {"machine", "command", "measured", "rows", "without_peer"} <= set(record)
    keys = {"group", "operation", "ours_ms", "peer", "peer_ms", "ratio", "agreement", "note"}
    assert len(record["rows"]) == 2 and all(keys <= set(row) for row in record["rows"])
    assert "torch.distributions" in capsys.readouterr().out


def test_the_command_fails_when_the_numbers_do_not_agree(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(hw2, "gaussian_kl", no_log_ratio)
    status, record = run(tmp_path, "--only", "gaussian_losses gaussian_kl")
    assert status == 1
    assert all("not 1e-10" in row["agreement"] for row in record["rows"])
    assert "not 1e-10" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--only", "nonsense"], ["--rounds", "0"], ["--rounds", "x"], ["--bogus"]])
def test_wrong_usage_ends_with_2(arguments):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
