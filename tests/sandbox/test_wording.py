"""Python's own words reach a student where they are known, and carry nothing that is not on the line."""

import math

import pytest
import torch
from torch import nn

from autograder.sandbox import messages, wording

X = torch.ones(2, 3)
NAMES = {
    "torch": torch,
    "nn": nn,
    "math": math,
    "x": X,
    "f": lambda a: a,
    "none": None,
    "w": nn.Parameter(torch.ones(2)),
}


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("x(1)", "'Tensor' object is not callable"),
        ("none[0]", "'NoneType' object is not subscriptable"),
        ("list(3)", "'int' object is not iterable"),
        ("len(3)", "object of type 'int' has no len()"),
        ("none + 1", "'NoneType' and 'int' cannot be combined"),
        ("-none", "bad operand type: 'NoneType'"),
        ("f()", ""),  # a lambda's name is no word of the line
        ("nn.Linear(2)", ""),  # Linear.__init__() is not what the line says
        ("f(a=1, b=2)", "no such keyword argument: 'b'"),
        ("x.softmaxx(0)", "'Tensor' object has no attribute 'softmaxx'"),
        ("torch.logsumexpp(x)", "the module has no attribute 'logsumexpp'"),
        ("unknown + 1", "name 'unknown' is not defined"),
        ("[1][2]", "index out of range"),
        ("x[0, 0, 0]", "too many indices for the tensor"),
        ("x[5]", "index out of bounds"),
        ("x.sum(7)", "dimension out of range"),
        ("x[x]", "tensors used as indices must hold whole numbers"),
        ("1 / 0", "division by zero"),
        ("a, b = (1,)", "not enough values to unpack"),
        ("a, b = 1, 2, 3", "too many values to unpack"),
        ("math.log(-1)", "math domain error"),
        ("bool(x)", "a tensor is no truth value"),
        ("x.item()", "a tensor of many values is no number"),
        ("x @ x", "these matrices cannot be multiplied"),
        ("x @ x.T.double()", "two dtypes do not fit"),
        ("x + torch.ones(2, 4)", "two sizes do not match"),
        ("torch.cat([x, x.T])", "two sizes do not match"),
        ("torch.stack([x, x.T])", "two sizes do not match"),
        ("x.view(5)", "the shape does not hold so many numbers"),
        ("x.T.view(6)", "view needs a contiguous tensor: use reshape"),
        ("x.sum().backward()", "there is nothing to differentiate by"),
        ("torch.autograd.grad(w.sum(), x)", "there is nothing to differentiate by"),
        ("w.backward()", "a gradient is that of one number"),
        ("w.add_(1)", "a parameter is changed in place"),
        ("w.numpy()", "numpy() needs a detached tensor"),
        ("(w * w).numpy()", "numpy() needs a detached tensor"),
    ],
)
def test_what_python_and_torch_say_is_known(line, shown):
    with pytest.raises(Exception) as caught:  # whatever it is that they raise
        exec(line, dict(NAMES))
    assert wording.words(caught.type.__name__, str(caught.value), line) == shown, caught.value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("NameError", "name 'secret_17' is not defined"),
        ("TypeError", "'Secret' object is not callable"),
        ("TypeError", "secret_17() missing 1 required positional argument: 'x'"),
        ("AttributeError", "'Tensor' object has no attribute 'secret_17'"),
        ("RuntimeError", "0.3712 0.1"),
        ("ValueError", "name 'x' is not defined"),
    ],
)
def test_a_text_of_the_submission_s_own_is_not_shown(kind, text):
    assert wording.words(kind, text, "y = f(x)") == ""
    report = {"kind": "exception", "type": kind, "text": text, "where": [["cell 1", 1]], "innermost": True}
    failure = messages.from_report(report, [("cell 1", "y = f(x)")])
    assert failure.message == f"{kind} in cell 1, line 1: `y = f(x)`"
    assert text in failure.detail


def test_the_student_reads_the_sentence_and_the_numbers_stay_with_the_staff():
    text = "The size of tensor a (17) must match the size of tensor b (4) at non-singleton dimension 1"
    report = {"kind": "exception", "type": "RuntimeError", "text": text, "where": [["cell 1", 1]], "innermost": True}
    failure = messages.from_report(report, [("cell 1", "y = a + b")])
    assert failure.message == "RuntimeError (two sizes do not match) in cell 1, line 1: `y = a + b`"
    assert "17" in failure.detail
