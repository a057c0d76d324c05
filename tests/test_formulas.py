"""Formulas: what is read becomes MathML, and whatever could act on the page is shown as it was typed."""

import json
import re
import time

import pytest

from autograder.course import load_course
from autograder.pages.formulas import LONGEST, MOST_FORMULAS, FormulaError, Scope
from autograder.pages.marking import TypedError, difference, typed_points
from autograder.pages.prose import prose
from autograder.provenance import solved_path

FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$]+)\$(?!\$)", re.DOTALL)


@pytest.mark.parametrize("homework", load_course().given, ids=lambda homework: homework.id)
def test_every_formula_of_the_homeworks_is_read(homework):
    document = json.loads(solved_path(homework).read_text(encoding="utf-8"))
    texts = ["".join(cell["source"]) for cell in document["cells"] if cell["cell_type"] == "markdown"]
    texts = [re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL) for text in texts]
    formulas = {found[1] or found[2] for text in texts for found in FORMULA.finditer(text)}
    assert len(formulas) > 100
    for formula in formulas:
        assert Scope().mathml(formula).startswith("<math display="), formula


@pytest.mark.parametrize(
    "tex",
    [
        r"\smash{\rlap{\raise 300px{\color{white}{\Rule{600px}{200px}{0px}}}}}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{position:fixed}{x}",
        r"\cssId{t1}{x}",
        r"\def\log{x}",
        r"\let\log\sin",
        r"\require{html}",
        r"\hspace{90cm}x",
        r"\kern 90cm",
        r"\phantom{\frac12}",
        r"\textcolor{white}{x}",
        r"\begin{foo}x\end{foo}",
        r"\newcommand{\a}{\a\a}\a",
        r"\newcommand{\a}[1]{#1#1#1}\a{\a{\a{\a{\a{\a{\a{\a{\a{x}}}}}}}}}",
        "{" * 60 + "}" * 60,
        "x" * (LONGEST + 1),
        r"\frac",
        "x^{",
        r"\unknownmacro x",
    ],
)
def test_what_is_not_on_the_list_is_no_formula(tex):
    with pytest.raises(FormulaError):
        Scope().mathml(tex)
    shown = prose(f"${tex}$")
    assert "<math" not in shown and "<code>" in shown


def test_what_follows_a_formula_stays_on_its_line():
    for text, end in (("So $x$.", "."), ("the $k$-th", "-"), ("if $x$ and ($y$), then", "),")):
        assert f"</math>{end}</span>" in prose(text)
        assert prose(text).count('<span class="together">') == 1
    assert "together" not in prose("$x$ and $$y$$ .")


def test_a_macro_is_known_in_its_own_cell_only_and_changes_nothing_that_has_a_meaning():
    own = prose(r"$\newcommand{\E}[2]{\mathbb{E}_{#1}[#2]}$ then $\E{p}{x}$")
    assert own.count("<math") == 1 and "𝔼" in own
    assert "not read here" in prose(r"$\E{p}{x}$")
    assert ">log</mi>" in prose(r"$\newcommand{\log}{\text{full marks}} \log x$")
    assert "argmin" in prose(r"$\DeclareMathOperator*{\amin}{argmin} \amin_x f$")


@pytest.mark.parametrize(
    "tex, holds",
    [
        (r"\mathcal N(\mathbf x, \boldsymbol\mu)", "𝒩 𝐱 𝝁"),
        (r"\mathbb{R}^n \subset \mathbb{C}", "ℝ ℂ"),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", '<mtd class="r"> <mtd class="l">'),
        (r"\big\| x \big\|", "‖ minsize"),
        (r"a \not= b \not\in c", "≠ ∉"),
        (r"\boxed{x^2}\tag{1}", "<msup> 1"),
        (r"a < b > c", "&lt; &gt;"),
        (r"\text{<script>alert(1)</script> \& so}", "&lt;script&gt;"),
    ],
)
def test_what_students_write_is_read(tex, holds):
    shown = prose(f"$${tex}$$")
    assert '<math display="block">' in shown and "<script" not in shown
    for part in holds.split():
        assert part in shown


def test_there_is_an_end_to_formulas():
    begin = time.process_time()
    shown = prose("$x^2$ " * 12_000)
    assert shown.count("<math") == MOST_FORMULAS and shown.count("more than") == 1
    assert time.process_time() - begin < 20


@pytest.mark.parametrize("typed, points", [("0,5", 0.5), ("0.5", 0.5), (",5", 0.5), (" 2 ", 2), (3, 3), (0.25, 0.25)])
def test_points_in_any_locale(typed, points):
    assert typed_points(typed) == points


@pytest.mark.parametrize("typed", ["1/2", "half", "1.000,5", "-1", "nan", "inf", True, [1], "1e9", "1001"])
def test_what_is_no_number_of_points(typed):
    with pytest.raises(TypedError):
        typed_points(typed)


def test_nothing_typed_is_no_mark():
    assert typed_points("") is None and typed_points(None) is None and typed_points("  ") is None


def test_a_difference_is_escaped_and_quick():
    assert difference("a <b> c", "a <i> c") == "a <del>&lt;b&gt;</del><ins>&lt;i&gt;</ins> c"
    begin = time.process_time()
    difference("a b " * 20_000, "b a " * 20_000)
    assert time.process_time() - begin < 10
