"""Similarity: copies are found whatever they were renamed to, and what everybody received is no copy."""

import ast

import small_course as sc

from autograder.course import load_course
from autograder.intake.submissions import find_submissions
from autograder.notebooks.reading import read_notebook
from autograder.pages import similarity
from autograder.provenance import CHECKS, released_notebook
from autograder.releasing.release import reference_cells

COPIED = """\
def add(a, b):
    total = 0
    for value in (a, b):
        if value > 0:
            total = total + value * 1
        else:
            total = total - abs(value)
    return total
"""
RENAMED = """\
# I wrote this myself


def add(a, b):
    s = 0
    for   number in (a, b):
        # positive?
        if number > 0:
            s = s + number * 1
        else:
            s = s - abs(number)
    return s
"""
OTHER = """\
def add(a, b):
    while b:
        a, b = a ^ b, (a & b) << 1
    print([letter for letter in "abc"], {1: 2}, sorted("xyz", key=len), max(3, 4))
    return a
"""


def released():
    return read_notebook(sc.notebook())


def codes(**sources):
    return {
        name: similarity.own_code(read_notebook(sc.notebook(sc.STUBS, add=source)), released())
        for name, source in sources.items()
    }


def test_a_renamed_copy_is_found_and_an_answer_of_one_s_own_is_not():
    pairs = similarity.alike(codes(ada=COPIED, bob=RENAMED, cyd=OTHER), released())
    assert [pair.students for pair in pairs] == [("ada", "bob")]
    assert min(pairs[0].shares) > 0.8
    (start, end), *_ = pairs[0].slices[0]
    assert "total = total + value" in pairs[0].codes[0][start:end]


JUNK = (
    "spare_{n} = {n} * 3 + len(str({n}))",
    "print('step', {n})",
    "assert {n} + 1 > {n}, 'never'",
    "{n}",
    "other_{n} = [k * {n} for k in range({n})]",
    "if False: x_{n} = {n}",
)


def strewn(source):
    """The program with junk between all of its statements, at every depth."""
    lines, count = [], 0
    for line in source.splitlines():
        if line.strip() and not line.lstrip().startswith(("else", "elif", "#")):
            indent = line[: len(line) - len(line.lstrip())]
            lines += [] if not indent else [indent + JUNK[count % len(JUNK)].format(n=count)]
            count += 1
        lines.append(line)
    return "\n".join(lines)


def test_a_renamed_copy_with_junk_between_its_lines_is_found():
    junk = strewn(RENAMED)
    ast.parse(junk)
    pairs = similarity.alike(codes(ada=COPIED, bob=junk, cyd=OTHER), released())
    assert [pair.students for pair in pairs] == [("ada", "bob")]
    assert min(pairs[0].shares) > 0.6


def test_what_has_an_effect_stays_where_it_is():
    junk = strewn(COPIED)
    left = similarity.effective(junk)
    assert len(left) == len(junk) and left.count("\n") == junk.count("\n")
    assert [line.strip() for line in left.splitlines() if line.strip()] == [
        line.strip() for line in COPIED.splitlines()
    ]
    for whole in (
        "x = 1\nf(x)",
        "for i in x:\n    pass",
        "this is (not python",
        "def f():\n    return 1",
        "try:\n    a()\nfinally:\n    b()",
    ):
        assert similarity.effective(whole) == whole


class Renamed(ast.NodeTransformer):
    """Other names for whatever is assigned, and by `unparse` another layout and no comments."""

    def visit_Name(self, node):
        return ast.Name(f"{node.id}_" if isinstance(node.ctx, ast.Store) or node.id in self.own else node.id, node.ctx)

    def rewritten(self, source):
        tree = ast.parse(source)
        self.own = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        return ast.unparse(self.visit(tree))


def test_the_threshold_lies_between_strangers_and_copies_of_half_the_exercises():
    """The reference and two alternatives per exercise are three students of homework 1 who have nothing in common."""
    homework = load_course().homework("hw1")
    given = read_notebook(released_notebook(homework).read_bytes())
    answers = {name: [source] for name, source in dict(reference_cells(homework)).items()}
    for path in sorted((CHECKS / "hw1" / "right").glob("*.py")):
        answers[path.stem.partition("__")[0]].append(path.read_text())
    chosen = [{name: found[k % len(found)] for name, found in answers.items()} for k in range(3)]
    half = list(answers)[::2]
    copy = {name: Renamed().rewritten(chosen[0][name]) if name in half else chosen[1][name] for name in answers}
    students = dict(zip("abc", chosen, strict=True)) | {"copy": copy}
    found = {
        pair.students: pair.share
        for pair in similarity.alike({s: "\n\n".join(texts.values()) for s, texts in students.items()}, given, 0.0)
    }
    assert found["a", "copy"] >= similarity.ALIKE
    assert max(found.get(pair, 0.0) for pair in (("a", "b"), ("a", "c"), ("b", "c"))) < similarity.ALIKE / 1.5


def test_what_everybody_received_is_no_copy():
    assert similarity.alike(codes(ada=sc.STUBS["add"], bob=sc.STUBS["add"]), released()) == []
    scaffold = "\n\n".join([sc.STUBS["add"], COPIED.replace("add", "plus")])
    given = read_notebook(sc.notebook(sc.STUBS, add=scaffold))
    own = {
        name: similarity.own_code(read_notebook(sc.notebook(sc.STUBS, add=f"{scaffold}\nx = {name!r}")), given)
        for name in ("ada", "bob")
    }
    assert similarity.alike(own, given) == []


def test_the_report_escapes_and_names_who_was_left_out(tmp_path):
    course = sc.course_in(tmp_path)
    evil = COPIED + "\nx = '</pre><script>alert(1)</script>'\n"
    for student, data in {
        "ada": sc.notebook(sc.STUBS, add=evil),
        "<b>bob": sc.notebook(sc.STUBS, add=evil),
        "cyd": b"{",
    }.items():
        path = tmp_path / "submissions" / student / "hw1" / "hw1.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    homework = course.homework("hw1")
    found = find_submissions(tmp_path / "submissions", [homework], ["hw1", "hw2"])
    report = tmp_path / "similarity" / "hw1.html"
    pairs, left = similarity.compare(homework, course, found, released(), report)
    assert len(pairs) == 1 and [student for student, _ in left] == ["cyd"]
    text = report.read_text()
    assert "<script>" not in text and "&lt;script&gt;" in text and "&lt;b&gt;bob" in text
    assert "<mark>" in text and "default-src 'none'" in text


def test_groups_hang_together_and_pairs_are_no_group():
    pair = lambda *students: similarity.Pair(students, (1.0, 1.0), ("", ""), ((), ()))  # noqa: E731
    pairs = [pair("a", "b"), pair("d", "c"), pair("e", "f"), pair("b", "c")]
    assert similarity.clusters(pairs) == [["a", "b", "c", "d"]]
    assert similarity.clusters([]) == []


def test_last_year_s_submissions_are_compared_with_this_year_s_alone(tmp_path):
    course = sc.course_in(tmp_path)
    homework = course.homework("hw1")
    for folder, student, source in (("now", "ada", COPIED), ("2025", "old", RENAMED), ("2025", "older", COPIED)):
        path = tmp_path / folder / student / "hw1" / "hw1.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(sc.notebook(sc.STUBS, add=source))
    now, before = (find_submissions(tmp_path / name, [homework], ["hw1"]) for name in ("now", "2025"))
    report = tmp_path / "report.html"
    pairs, _ = similarity.compare(homework, course, now, released(), report, earlier={"2025": before})
    assert sorted(pair.students for pair in pairs) == [("ada", "old (2025)"), ("ada", "older (2025)")]
    text = report.read_text()
    assert "3: ada, old (2025), older (2025)" in text and 'href="#pair-2"' in text and 'id="pair-2"' in text
