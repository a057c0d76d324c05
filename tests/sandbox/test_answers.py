"""Honest programs: whatever they return arrives, and what they did in one check is not there in the next."""

import pytest
import torch

from autograder.checking import GuestFailure, Limits, Opaque
from tests.sandbox.conftest import LIMITS


def test_data_goes_in_and_comes_out(ask_either):
    source = """
import torch, numpy as np
def f(x, pair, name, table):
    x.mul_(2)
    return x.requires_grad_(), pair, name, table, np.arange(3), {1, 1}, object()
"""
    x = torch.rand(2, 3, dtype=torch.float64)
    before = x.clone()
    answer = ask_either.answer(source, x, (1, 2.5), "né", {"a": [None, True]})
    assert torch.equal(answer[0], 2 * before) and answer[0].dtype == torch.float64
    assert torch.equal(x, before)
    assert answer[1:4] == [[1, 2.5], "né", {"a": [None, True]}]
    assert answer[4].tolist() == [0, 1, 2]
    assert answer[5:] == [[1], Opaque("object")]


def test_probes_see_the_notebook_and_each_other(ask_either):
    probes = """
def helper(student, x):
    return F.relu(student.f(x)) + math.floor(1.5)
def probe(student, x, *, more):
    return helper(student, x) + np.float64(more)
"""
    with ask_either.session("def f(x):\n    return -x") as session:
        answer = session.call(probes, "probe", (torch.tensor([-1.0, 1.0]),), {"more": 2.0})
        assert answer.tolist() == [4.0, 3.0]
        assert session.call(probes, "probe", (torch.tensor([0.0]),), {"more": 0.0}).tolist() == [1.0]


def test_probes_work_with_libraries_that_no_notebook_has_touched(ask_either):
    probes = """
def probe(student, x):
    x.requires_grad_()
    y = student.f(x)
    zeros = F.relu(-x), nn.functional.relu(-x)
    return torch.autograd.grad(y, x)[0], *zeros, np.linalg.norm([3.0, 4.0]), torch.is_tensor(x)
"""
    source = """
import numpy, torch, torch.nn.functional as F
def wrong(*_, **__):
    return [torch.tensor([100.0])]
def f(x):
    torch.autograd.grad = torch.nn.functional.relu = F.relu = numpy.linalg.norm = torch.is_tensor = wrong
    assert torch.autograd.grad is wrong
    return (x**2).sum()
"""
    with ask_either.session(source) as session:
        slope, *values = session.call(probes, "probe", (torch.tensor([3.0]),), {})
    assert slope.tolist() == [6.0]
    assert [value.tolist() for value in values[:2]] == [[0.0], [0.0]]
    assert values[2:] == [5.0, True]


def test_parts_share_one_namespace_that_looks_like_a_notebook(ask_either):
    parts = [
        ("cell 1", "import inspect\nfrom dataclasses import dataclass"),
        ("cell 2", "@dataclass\nclass A:\n    x: int = 3\nif __name__ == '__main__':\n    y = 4"),
        ("cell 3", "def f():\n    return A().x + y, inspect.getsource(f)"),
    ]
    with ask_either.guest.session(parts, Limits(**LIMITS)) as session:
        number, text = session.call("def probe(student):\n    return student.f()", "probe", (), {})
    assert number == 7
    assert text.startswith("def f():\n    return A().x")


def test_training_works_and_repeats(ask_either):
    source = """
import torch
from torch import nn
def f(x):
    net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.LazyLinear(1))
    net(x)
    optimiser = torch.optim.Adam(net.parameters())
    for _ in range(5):
        optimiser.zero_grad()
        loss = net(x).square().mean()
        loss.backward()
        optimiser.step()
    return loss, torch.get_num_threads()
"""
    x = torch.rand(8, 1, 8, 8)
    first, second = ask_either.answer(source, x), ask_either.answer(source, x)
    assert first[0].item() == second[0].item() > 0
    assert first[1] == 1


def test_a_check_does_not_see_what_the_last_one_patched_or_wrote(ask):
    patch = """
import torch, os, math
def f():
    torch.allclose = lambda *a: True
    math.exp = len
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    os.environ["LEFT"] = "1"
    for folder in ("/tmp", "/dev/shm", os.getcwd()):
        open(folder + "/left", "w").write("here")
    return True
"""
    look = """
import torch, os, math
def f():
    return [torch.allclose(torch.zeros(1), torch.ones(1)), math.exp(0), str(torch.get_default_dtype()),
            torch.is_grad_enabled(), os.environ.get("LEFT"), os.listdir("/tmp"), os.listdir("/dev/shm")]
"""
    clean = [False, 1, "torch.float32", True, None, [], []]
    assert ask.answer(look) == clean
    assert ask.answer(patch) is True
    assert ask.answer(look) == clean
    with ask.sandbox.guest() as other:
        assert ask.answer(look, guest=other) == clean


def test_a_session_goes_on_after_an_exception(ask_either):
    with ask_either.session("n = 0\ndef f(x):\n    global n\n    n += 1\n    return n / x") as session:
        with pytest.raises(GuestFailure):
            session.call("def p(student):\n    return student.f(0)", "p", (), {})
        assert session.call("def p(student):\n    return student.f(1)", "p", (), {}) == 2


def test_inputs_and_outputs_of_a_few_megabytes(ask):
    x = torch.rand(500_000, dtype=torch.float64)
    assert torch.equal(ask.answer("def f(x):\n    return x + 1", x), x + 1)


def test_only_plain_data_goes_in(ask):
    with pytest.raises(TypeError, match="only plain data"):
        ask.answer("def f(x):\n    return 1", object())
