"""Rubrics can be marked: no line is below a tenth of a point, and they add up to what the gradebook expects by hand."""

import re
from fractions import Fraction
from functools import cache

import pytest

from autograder.course import load_course
from autograder.releasing.authoring import RUBRIC, authored_cells

PROBLEMS = [(homework, problem) for homework in load_course().given for problem in homework.theory]
LINE = re.compile(r"^\| .*\| ([\d.]+) \|$", re.MULTILINE)
SUM = re.compile(r"^\| *\| \*\*sum\*\* \| \*\*([\d.]+)\*\* \|$", re.MULTILINE)


cells = cache(authored_cells)


@pytest.mark.parametrize(("homework", "problem"), PROBLEMS, ids=lambda item: item.id)
def test_a_rubric_has_no_crumbs_and_adds_up(homework, problem):
    [text] = [cell.source for cell in cells(homework) if (cell.kind, cell.about) == (RUBRIC, problem.id)]
    if lines := [Fraction(number) for number in LINE.findall(text)]:
        assert min(lines) >= Fraction(1, 10), "a line is worth less than a tenth of a point"
        assert sum(lines) == problem.manual_points
        assert [Fraction(number) for number in SUM.findall(text)] == [sum(lines)]
    else:
        assert re.search(rf"\b{float(problem.manual_points):g}\b", text), "the rubric does not say what it gives"
