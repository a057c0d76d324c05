"""The pages as they are written: complete, proved, in one notation, and without graded answers."""

import re

import pytest

from autograder.course import load_course
from autograder.releasing.leaks import IDIOMS, hidden_code
from lectures import anatomy, secrets
from lectures.build import lectures
from lectures.environment import NOTES, ROOT, pins

PAGES = {name: (NOTES / f"{name}.md").read_text(encoding="utf-8") for name in lectures()}
SHORTEST_LINE = 20


def graded() -> set[str]:
    found = set()
    for homework in load_course().given:
        found |= secrets.graded_pieces(ROOT / "solutions" / homework.id / f"{homework.id}.md")
    return found


def reference_lines() -> set[str]:
    files = (ROOT / "solutions").glob("hw*/*.py")
    lines = {re.sub(r"\s+", " ", line).strip() for file in files for line in hidden_code(file.read_text())}
    return {line for line in lines if len(line) >= SHORTEST_LINE and not IDIOMS.fullmatch(line)}


@pytest.mark.parametrize("name", PAGES)
def test_a_lecture_has_all_its_parts(name):
    assert anatomy.faults(PAGES[name]) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_lecture_prints_no_graded_answer(name):
    assert secrets.printed(PAGES[name], graded(), reference_lines()) == []


def numbered_theorems() -> dict[str, str]:
    """ "Theorem 5.6" -> its title, as the site counts: within a lecture, definitions and lemmas among the rest."""
    counted = re.compile(
        r"^:::\{prf:(axiom|theorem|lemma|corollary|proposition|definition|remark|example)\} ?(.*)$", re.M
    )
    return {
        f"{kind.capitalize()} {int(name[1:])}.{number}": title.removesuffix(", CITED")
        for name, page in PAGES.items()
        for number, (kind, title) in enumerate(counted.findall(page), 1)
    }


def test_a_theorem_that_a_homework_names_is_that_theorem():
    theorems, text = numbered_theorems(), ""
    for homework in load_course().given:
        text += (ROOT / "solutions" / homework.id / f"{homework.id}.md").read_text(encoding="utf-8")
    named = re.findall(r"([A-Z][a-z]+ \d+\.\d+) of the\s+lectures \(\*(.+?)\*\)", text, re.DOTALL)
    assert [(number, title) for number, title in named if theorems.get(number) != re.sub(r"\s+", " ", title)] == []


def test_every_lecture_is_in_the_contents_and_in_order():
    index = (NOTES / "index.md").read_text()
    assert re.findall(r"^l\d\d$", index, re.MULTILINE) == lectures()
    assert set(lectures()) <= {f"l{number:02}" for number in range(1, 15)}, "a lecture's number is that of its file"


def test_the_readme_says_which_lectures_are_written():
    readme = (ROOT / "lectures" / "README.md").read_text(encoding="utf-8")
    titles = {
        f"l{int(number):02}": title for number, title in re.findall(r"^\| (\d+) \| (.+?) \|.*\| yes \|$", readme, re.M)
    }
    assert list(titles) == lectures()
    for name, title in titles.items():
        assert re.search(rf"^# {title}$", PAGES[name], re.MULTILINE), name


def test_the_stack_is_pinned():
    assert all("==" in pin for pin in pins())
    lock = (ROOT / "lectures" / "package-lock.json").read_text()
    assert '"resolved"' not in lock, "the lock file names no registry"


# --- the tests notice what they are for ----------------------------------------------------------------------------

THEOREM = """
:::{prf:theorem} A claim
:label: thm-claim
So it is.
:::
"""
PROOF = """
:::{prf:proof} of the claim
Because.
:::
"""


def test_a_theorem_without_proof_is_noticed():
    assert anatomy.unproved(THEOREM) == ["“A claim” is neither proved nor CITED"]
    assert anatomy.unproved(THEOREM + PROOF) == []
    assert anatomy.unproved(THEOREM + "Some text." + PROOF) == ["“A claim” is neither proved nor CITED"]


def test_a_cited_theorem_says_from_where():
    assert anatomy.unproved(THEOREM.replace("So it is.", "CITED.")) == ["“A claim” is CITED, but not from where"]
    assert anatomy.unproved(THEOREM.replace("So it is.", "CITED from {cite:t}`wu1983`.")) == []


@pytest.mark.parametrize(
    "raw",
    [r"$\mathbb{E}[x]$", r"$p_{\mathrm{data}}$", r"$\mathcal{N}(0, 1)$", r"$D_{\mathrm{KL}}(p \| q)$", r"$A^\top$"],
)
def test_raw_notation_is_noticed(raw):
    assert anatomy.raw_notation(f"Some {raw} here.")


def test_raw_notation_inside_a_cell_is_none():
    assert not anatomy.raw_notation("```{code-cell}\n# p_data = 1\n```\n")


@pytest.mark.parametrize("missing", anatomy.PARTS)
def test_a_missing_part_is_noticed(missing):
    page = next(iter(PAGES.values()))
    assert any("fixed parts" in fault for fault in anatomy.faults(page.replace(f"## {missing}\n", "")))


def test_a_short_lecture_is_noticed():
    faults = anatomy.faults("# Title\n\n## Goals\n\nFew words.\n")
    assert any("words" in fault for fault in faults) and any("figures" in fault for fault in faults)


def test_words_are_counted_without_cells_and_displays():
    page = "Two words.\n\n$$\na = b + c + d\n$$ (eq-a)\n\n```{code-cell}\nx = 1\n```\n\n{ref}`one` {eq}`two`\n"
    assert anatomy.anatomy(page).words == 4


@pytest.mark.parametrize("hw", ["hw1", "hw2"])
def test_a_graded_formula_is_noticed_in_other_spelling(hw):
    authored = ROOT / "solutions" / hw / f"{hw}.md"
    pieces = secrets.graded_pieces(authored)
    assert len(pieces) > 20
    answer = authored.read_text().split('{"theory"')[1]
    formula = next(f for f in secrets.formulas(answer) if any(piece in secrets.normalised(f) for piece in pieces))
    other = formula.replace(r"\tfrac", r"\frac").replace(r"\Big", "").replace(r"\,", " ")
    assert secrets.printed(f"Hence\n\n$$\n{other}\n$$\n", pieces, set())


def test_a_line_of_a_reference_is_noticed():
    line = next(iter(sorted(reference_lines())))
    assert secrets.printed(f"```{{code-cell}}\n    {line}\n```\n", set(), {line})
