"""What the harness holds every answer to, whichever check asked: its size, and that it stays the same."""

import math
from types import SimpleNamespace

import pytest
import torch

from autograder.checking import LARGEST, Failed, Grade, number, probe, tensor


@pytest.mark.parametrize("value", [1e31, -1e200, torch.tensor(1e300, dtype=torch.float64)])
def test_numbers_that_no_truth_survives_are_refused(value):
    with pytest.raises(Failed, match="it has far larger numbers than can be right"):
        number(value, "it")
    with pytest.raises(Failed, match="far larger"):
        tensor([1.0, float(value)], (2,), "it")
    assert number(value, "it", finite=False) == float(value)


def test_a_check_may_allow_less():
    assert number(99.0, "it", largest=100.0) == 99.0
    assert tensor(torch.zeros(0), (0,), "it", largest=100.0).numel() == 0
    with pytest.raises(Failed, match="far larger"):
        tensor(torch.tensor([1.0, -101.0]), (2,), "it", largest=100.0)
    assert math.isfinite(LARGEST**2 * 1e6)


class Remembering:
    """A session that counts its questions, and forgets them when it is renewed, unless it is told not to."""

    def __init__(self, answers, forgets=True):
        self.answers, self.forgets, self.asked, self.renewed = answers, forgets, 0, 0

    def call(self, probes, name, args, kwargs):
        self.asked += 1
        return self.answers(self.asked)

    def renew(self):
        self.renewed += 1
        self.asked = 0 if self.forgets else self.asked


@probe
def ask(student):
    return student.answer()


def asked_twice(answers, forgets=True):
    session = Remembering(answers, forgets)
    module = SimpleNamespace(__name__="here")
    grade = Grade(session, SimpleNamespace(), module, 1)
    return grade, session


SAME = [3, "a", None, [1.0, {"k": torch.tensor([1.0, math.nan])}], math.nan, torch.zeros(0), torch.tensor([math.inf])]
OTHER = [
    (1, 2),
    (1, 1.0),
    (torch.zeros(2), torch.zeros(2, dtype=torch.float64)),
    (torch.zeros(2), torch.zeros(2, 1)),
    (torch.tensor([math.nan]), torch.tensor([0.0])),
    (torch.tensor([0.0]), torch.tensor([1e-30])),
    ([1, 2], [1]),
    ({"a": 1}, {"b": 1}),
]


@pytest.fixture(autouse=True)
def no_source(monkeypatch):
    monkeypatch.setattr("autograder.checking.probes_source", lambda module: "")


@pytest.mark.parametrize("answer", SAME)
def test_the_same_answer_from_a_fresh_process_is_taken(answer):
    grade, session = asked_twice(lambda asked: answer)
    assert grade.twice(ask, what="it") is answer
    assert session.renewed == 1


@pytest.mark.parametrize("pair", OTHER)
def test_another_answer_is_refused(pair):
    grade, _ = asked_twice(lambda asked: pair[asked - 1], forgets=False)
    with pytest.raises(Failed, match="it is another one when your code is asked the same again"):
        grade.twice(ask, what="it")
