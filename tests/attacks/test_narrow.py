"""What a guest can carry to a page is as narrow as SECURITY.md says."""

import random

import pytest
import torch

from autograder import checking
from autograder.attacks import narrow
from autograder.checking import Failed, shown_shape, tensor
from autograder.course import ROOT
from autograder.sandbox import messages


def test_security_prints_what_is_measured():
    page = (ROOT / "autograder" / "SECURITY.md").read_text(encoding="utf-8")
    for name, bits in narrow.bits().items():
        assert f"| {name} | {bits:.1f} |" in page


def test_a_shape_shows_no_size_that_the_question_does_not_hold():
    chance, expected, seen = random.Random(0), (2, 3), set()
    for _ in range(4000):
        shape = [chance.choice((0, 1, 2, 3, 4, 6, 9, 77, 1234)) for _ in range(chance.randrange(6))]
        with pytest.raises(Failed) as caught:
            tensor(torch.empty(shape, device="meta"), (*expected, 5), "it")
        seen.add(str(caught.value))
        assert not any(str(size) in str(caught.value).partition("but")[2] for size in (4, 77, 1234))
    assert len(seen) <= narrow.shapes((*expected, 5))
    assert shown_shape(torch.empty(3, 2), expected) == "shape (3, 2)"
    assert shown_shape(torch.empty(6), expected) == "shape (6,)"
    assert shown_shape(torch.empty(2, 4), expected) == "shape (2, ?)"
    assert shown_shape(torch.empty(1, 1, 1, 1), expected) == "4 dimensions or more"
    assert "dimensions" in checking.describe(torch.empty(77, 1234)) and "77" not in checking.describe(torch.empty(77))


def test_a_line_is_named_in_programs_of_an_ordinary_length_only():
    def place(lines):
        parts = [("cell 1", "x = 1"), ("cell 2", "\n".join(["raise ValueError"] * lines))]
        report = {"kind": "exception", "type": "ValueError", "where": [["cell 2", 7]], "innermost": True, "text": ""}
        return messages.from_report(report, parts).message

    assert place(20) == "ValueError in cell 2, line 7: `raise ValueError`"
    assert place(messages.MOST_LINES) == "ValueError in cell 2"
