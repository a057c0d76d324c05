"""Manners: what a watched function does to its arguments and to the global random numbers is reported."""

import pytest
import torch

from autograder.checking import Limits
from autograder.sandbox import messages
from autograder.sandbox.manners import ARGUMENTS, NETWORKS, RANDOMNESS, SETTINGS, STATE
from tests.sandbox.conftest import LIMITS

HEAD = "import torch, numpy as np, random\nfrom torch import nn\n"
PROBE = """
def probe(student, x):
    net = nn.Linear(2, 2)
    net.weight.grad = None
    numbers = [3.0, 1.0, 2.0]
    options = {"a": x}
    x.grad = torch.zeros_like(x)
    array = np.arange(4.0)
    return student.f(x, net, numbers, options, array, torch.Generator().manual_seed(1)) is not None
"""
GOOD = """
def f(x, net, numbers, options, array, generator):
    noise = torch.randn(3, generator=generator)
    y = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(net(y).sum(), y)
    array = np.sort(array[::-1]); numbers = sorted(numbers); options = dict(options, b=noise)
    torch.func.vmap(lambda row: g(row))(x)
    return slope.add_(1)
def g(x):
    return x.sin()
"""


def found(asker, source, x=None, watch=("f", "g", "Layer")):
    x = torch.tensor([[1.0, torch.nan], [5.0, 3.0]]) if x is None else x
    with asker.guest.session([("cell 1", HEAD + source)], Limits(**LIMITS), watch) as session:
        assert session.call(PROBE, "probe", (x,), {}) is True
        return session.manners


def test_good_manners_are_not_remarked_on(ask_either):
    assert found(ask_either, GOOD) == set()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("x += 1", ARGUMENTS),
        ("x.data.mul_(2)", ARGUMENTS),
        ("x.numpy().sort()", ARGUMENTS),
        ("x.unsqueeze_(0)", ARGUMENTS),
        ("x.requires_grad_()", ARGUMENTS),
        ("numbers.sort()", ARGUMENTS),
        ("numbers.pop()", ARGUMENTS),
        ("options['b'] = 1", ARGUMENTS),
        ("options['a'].zero_()", ARGUMENTS),
        ("array.sort(); array[0] = 9", ARGUMENTS),
        ("net.eval()", NETWORKS),
        ("net.requires_grad_(False)", NETWORKS),
        ("net(x).sum().backward()", NETWORKS),
        ("nn.init.zeros_(net.weight)", NETWORKS),
        ("x.grad.add_(1)", ARGUMENTS),
        ("torch.set_grad_enabled(False)", SETTINGS),
        ("torch.set_default_dtype(torch.float64)", SETTINGS),
        ("torch.manual_seed(0)", RANDOMNESS),
        ("torch.randn(2)", RANDOMNESS),
        ("np.random.rand()", RANDOMNESS),
        ("random.random()", RANDOMNESS),
    ],
)
def test_bad_manners_are_named(ask_bare, line, kind):
    assert found(ask_bare, f"def f(x, net, numbers, options, array, generator):\n    {line}\n    return x") == {
        ("f", kind)
    }


def test_changes_in_large_tensors_are_seen_too(ask_bare):
    x = torch.zeros(100_000, 2)
    assert found(ask_bare, "def f(x, *rest):\n    x[-1, -1] = 1\n    return x", x) == {("f", ARGUMENTS)}


def test_forward_passes_of_the_exercise_s_modules_are_watched_and_others_are_not(ask_bare):
    source = """
class Layer(nn.Module):
    def forward(self, x):
        if x.shape[0] == 1:
            raise ValueError
        return x.add_(1)
class Helper(Layer):
    pass
class Other(nn.Module):
    def forward(self, x):
        return x.add_(1)
def f(x, *rest):
    layer = NAME()
    try:
        layer(x[:1].clone())
    except ValueError:
        pass
    return layer(x.clone())
"""
    assert found(ask_bare, source.replace("NAME", "Layer")) == {("Layer", ARGUMENTS)}
    assert found(ask_bare, source.replace("NAME", "Other")) == set()


def test_forward_passes_are_watched_whatever_hooks_a_program_sets_itself(ask_bare):
    source = """
class Layer(nn.Module):
    def forward(self, x):
        return x.add_(1)
nn.modules.module.register_module_forward_pre_hook(lambda module, args: None)
def f(x, *rest):
    return Layer()(x.clone())
"""
    assert found(ask_bare, source) == {("Layer", ARGUMENTS)}


def test_methods_of_the_exercise_s_classes_are_watched_and_may_change_their_own_object(ask_bare):
    source = """
class Layer:
    count = 0
    def good(self, x):
        self.count += 1
        return self._own(x.clone())
    def bad(self, x):
        return x.add_(1)
    def _own(self, x):
        return x.add_(1)
class Helper:
    def bad(self, x):
        return x.add_(1)
class Made(nn.Linear):
    def __init__(self, sizes):
        torch.manual_seed(0)
        super().__init__(sizes[0], 1)
        LINE
def f(x, *rest):
    return OBJECT(x.clone())
"""
    assert found(ask_bare, source.replace("OBJECT", "Layer().good"), watch=("Layer",)) == set()
    assert found(ask_bare, source.replace("OBJECT", "Layer().bad"), watch=("Layer",)) == {("Layer", ARGUMENTS)}
    assert found(ask_bare, source.replace("OBJECT", "Helper().bad"), watch=("Layer",)) == set()
    made = source.replace("OBJECT(x.clone())", "Made([2, 3])")
    assert found(ask_bare, made.replace("LINE", "self.sizes = sizes"), watch=("Made",)) == set()
    assert found(ask_bare, made.replace("LINE", "sizes.pop()"), watch=("Made",)) == {("Made", ARGUMENTS)}


def test_only_what_the_probe_calls_is_watched(ask_bare):
    """One watched function that hands its own tensor to another may find it changed."""
    source = "def f(x, *rest):\n    return g(x.clone())\ndef g(x):\n    return x.add_(1)"
    assert found(ask_bare, source) == set()
    assert found(ask_bare, source, watch=("g",)) == set()
    assert found(ask_bare, source.replace("x.clone()", "x")) == {("f", ARGUMENTS)}


def test_the_judge_takes_known_names_and_kinds_only():
    report = [["f", ARGUMENTS], ["secret", ARGUMENTS], ["f", "17.25"], ["f"], "f", ["f", 3], [["f"], ARGUMENTS]]
    assert messages.breaches(report, ["f", "g"]) == {("f", ARGUMENTS)}
    assert messages.breaches({"f": ARGUMENTS}, ["f"]) == set()


ASKED = """
def probe(student, x):
    for _ in range(2):
        student.f(x, torch.Generator().manual_seed(1))
        student.f(x.double() + 1, torch.Generator().manual_seed(2))
    return True
"""


def kept(asker, source, x=None):
    with asker.guest.session([("cell 1", HEAD + source)], Limits(**LIMITS), ("f", "Layer")) as session:
        assert session.call(ASKED, "probe", (torch.ones(2, 3) if x is None else x,), {}) is True
        return session.manners


STATES = {
    "counts its calls": "calls = []\ndef f(x, generator):\n    calls.append(1)\n    return x + len(calls)",
    "last call": "last = [0]\ndef f(x, generator):\n    before, last[0] = last[0], x.sum()\n    return x + before",
    "a generator of its own": "own = torch.Generator()\ndef f(x, generator):\n    return torch.rand(3, generator=own)",
    "a list that grows": "def f(x, generator, seen=[]):\n    seen.append(x.sum())\n    return torch.stack(seen)",
    "in lists": "calls = []\ndef f(x, generator):\n    calls.append(1)\n    return [[{'a': (x + len(calls),)}]]",
    "raises the second time": """
seen = []
def f(x, generator):
    assert len(seen) < 4
    seen.append(1)
    return x""",
}
STATELESS = {
    "draws from what it is given": "def f(x, generator):\n    return torch.rand(3, generator=generator)",
    "differentiates": """
def f(x, generator):
    x = x.detach().requires_grad_()
    return torch.autograd.grad(x.exp().sum(), x)[0]""",
    "a cache": """
cache = {}
def f(x, generator):
    return cache.setdefault(x.dtype, x.sum())""",
    "gives a function": "calls = []\ndef f(x, generator):\n    calls.append(1)\n    return lambda: len(calls)",
    "not a number": "def f(x, generator):\n    return {'a': [x * float('nan'), x / 0], 'b': (True, None, 'c', 1.5)}",
    "a list that contains itself": "def f(x, generator):\n    x = [x]\n    x.append(x)\n    return x",
    "global draws are for another remark": "def f(x, generator):\n    return torch.rand(3)",
}


@pytest.mark.parametrize("what", STATES)
def test_what_a_function_keeps_of_an_earlier_call_shows_when_it_is_asked_again(ask_bare, what):
    assert kept(ask_bare, STATES[what]) == {("f", STATE)}


@pytest.mark.parametrize("what", STATELESS)
def test_a_function_without_state_is_not_remarked_on(ask_bare, what):
    assert ("f", STATE) not in kept(ask_bare, STATELESS[what])


LAYER = """
class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))
        self.register_buffer("calls", torch.zeros(()))
        self.before, self.dropout = 0.0, nn.Dropout()
    def forward(self, x, y=None):
        BODY
layer = Layer()
def f(x, generator):
    BETWEEN
    return layer(x.float())
"""


@pytest.mark.parametrize(
    ("body", "between", "state"),
    [
        ("before, self.before = self.before, x.sum().item(); return x + before", "pass", True),
        ("self.before += 1; return x * self.weight + self.before", "pass", True),
        ("return x * self.weight", "pass", False),
        ("self.calls += 1; return x + self.calls", "pass", False),  # a buffer is a state that shows
        ("return x * self.weight", "nn.init.normal_(layer.weight, generator=generator)", False),
        ("return self.dropout(x)", "pass", False),
    ],
)
def test_a_module_that_is_as_it_was_answers_as_it_did(ask_bare, body, between, state):
    # f itself keeps a state as well where its layer does
    found = kept(ask_bare, LAYER.replace("BODY", body).replace("BETWEEN", between))
    assert (("Layer", STATE) in found) == state
