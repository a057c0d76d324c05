"""The catalogue of mistakes: how it is read, what it refuses and in which words, and `make mistake`."""

import ast

import pytest

from autograder.checking import CheckFileError
from autograder.course import load_course
from autograder.provenance import CHECKS
from autograder.releasing.reference import reference_cells
from autograder.validation import catalogue, mistake, proof

COURSE = load_course()
REFERENCE = '''\
def area(width: float, height: float = 1.0) -> float:
    """What students read."""
    ### BEGIN SOLUTION
    wide = abs(width)  # never negative

    tall = abs(height)
    return wide * tall
    ### END SOLUTION
'''
PLAIN = """\
def area(width, height=1.0):
    wide = abs(width)

    tall = abs(height)
    return wide * tall
"""
GOOD = """\
# Mistakes in area

What goes wrong with areas, for whoever teaches them.

## product

Students add.

### added: The sides are added.

    -     return wide * tall
    +     return wide + tall

### one_side: The height is forgotten.

Seen every year.

    def area(width, height=1.0):

        return abs(width)

## positive

### signed: A side may be negative.

    -     wide = abs(width)
    -     tall = abs(height)
    +     wide, tall = width, height
"""
BASE = """\
# Mistakes in area

## Base

    def area(width, height=1.0):
        return abs(width * height)

## product

### added: The sides are added.

    -     return abs(width * height)
    +     return abs(width + height)
"""


def read(folder, text, checks=("product", "positive")):
    path = folder / "hw9" / "area.mistakes.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return catalogue.read(path, "area", checks, REFERENCE)


def test_a_catalogue_is_read_in_its_order(tmp_path):
    found = read(tmp_path, GOOD)
    assert found.base == ""
    assert [(m.name, m.check) for m in found.mistakes] == [
        ("added", "product"),
        ("one_side", "product"),
        ("signed", "positive"),
    ]
    assert found.mistakes[0].sentence == "The sides are added."


def test_an_edit_changes_the_reference_as_a_student_would_have_written_it(tmp_path):
    added, one_side, signed = read(tmp_path, GOOD).mistakes
    assert added.source == PLAIN.replace("wide * tall", "wide + tall")
    assert one_side.source == "def area(width, height=1.0):\n\n    return abs(width)\n"
    assert signed.source == "def area(width, height=1.0):\n\n    wide, tall = width, height\n    return wide * tall\n"


def test_an_edit_changes_the_base_where_there_is_one(tmp_path):
    found = read(tmp_path, BASE)
    assert found.base == "def area(width, height=1.0):\n    return abs(width * height)\n"
    assert found.mistakes[0].source == found.base.replace("*", "+")


def test_an_edit_in_two_places_with_lines_that_say_where(tmp_path):
    edit = """\
      def area(width, height=1.0):
    +     print("area")
    ...
          tall = abs(height)
    -     return wide * tall
    +     return wide * tall / 2
"""
    text = GOOD[: GOOD.index("    -     return wide * tall")] + edit
    expected = PLAIN.replace("    wide =", '    print("area")\n    wide =').replace("wide * tall", "wide * tall / 2")
    assert read(tmp_path, text).mistakes[0].source == expected


REFUSED = {
    "another title": ("# Mistakes in area", "# Mistakes in volume", r"must start with `# Mistakes in area`"),
    "no such check": ("## product", "## products", r"`## products` names no check; there are product, positive"),
    "a check twice": ("## positive", "## product", r"`## product` came before"),
    "a mistake under no check": (
        "## product",
        "## Base\n\n    area = max",
        r"`### added: The sides are added.` stands under no check",
    ),
    "a name twice": ("### one_side:", "### added:", r"`### added: The height is forgotten.` has a name that was used"),
    "no sentence": ("### one_side: The height is forgotten.", "### one_side", r"`### one_side` must be `## Base`"),
    "an empty sentence": ("one_side: The height is forgotten.", "one_side:  ", r"`### one_side:` must be `## Base`"),
    "a name of two words": ("### one_side:", "### one side:", r"`### one side: .*` must be `## Base`, `## <check>`"),
    "another level": ("### one_side:", "#### one_side:", r"`#### one_side: .*` must be"),
    "a base below a check": ("## positive", "## Base", r"`## Base` must come once and before all checks"),
    "an edit that does not fit": (
        "-     return wide",
        "-     return long",
        r"`### added: .*` does not fit .* 'return long",
    ),
    "an edit of half a line": ("-     return wide * tall", "-     return wide", r"`### added: .*` does not fit"),
    "a line that stays and is not there": (
        "    -     wide",
        "      def f():\n    -     wide",
        r"signed.* does not fit",
    ),
    "an edit that says nowhere": (
        "    -     return wide * tall\n",
        "",
        r"`### added: .*` adds lines and does not say where",
    ),
    "an edit that changes nothing": (
        "    -     return wide * tall\n    +     return wide + tall",
        "    -     return wide * tall\n    +     return wide + tall\n    ...\n          tall = abs(height)",
        r"`### added: .*` has a part that changes nothing",
    ),
    "a line of an edit without its mark": (
        "    +     return wide + tall",
        "    return wide + tall",
        r"`### added: .*` is an edit, in which 'return wide \+ tall' starts neither",
    ),
    "no Python": (
        "return abs(width)",
        "return abs(width",
        r"`### one_side: .*` is not a Python program: .*'return abs",
    ),
    "no Python after the edit": ("+     return wide + tall", "+     return wide +", r"`### added: .*` is not a Python"),
    "no code": ("    -     wide = abs(width)", "Nothing.\n\n# End", r"signed: .*` has no code below it"),
    "code that is not indented": (
        "    -     return wide",
        "-     return wide",
        r"added: .*` has '-     return wide \* tall'",
    ),
    "a tab": (
        "    -     return",
        "\t-     return",
        r"`### added: .*` has '\\t-     return wide \* tall', which is neither",
    ),
    "a fence": ("    -     return", "```\n    -     return", r"`### added: .*` has '```'"),
    "code in two pieces": (
        "    +     return wide + tall",
        "\nbecomes\n\n    +     return wide + tall",
        r"`### added: .*` has code in two pieces, with prose between them",
    ),
    "code below a check": ("Students add.", "    return 1", r"`## product` has code, which belongs below a mistake"),
    "code below the title": ("## product", "    return 1\n\n## product", r"`# Mistakes in area` has code"),
}


@pytest.mark.parametrize(("old", "new", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_has_another_form_is_refused_in_a_sentence_with_file_and_heading(tmp_path, old, new, says):
    assert old in GOOD
    with pytest.raises(CheckFileError, match=rf"^hw9/area\.mistakes\.md.*{says}"):
        read(tmp_path, GOOD.replace(old, new, 1))


def test_an_edit_that_fits_twice_is_refused(tmp_path):
    twice = BASE.replace(
        "abs(width * height)\n\n##", "abs(width * height)\n\n    def f():\n        return abs(width * height)\n\n##"
    )
    with pytest.raises(CheckFileError, match=r"`### added: .*` fits 2 places"):
        read(tmp_path, twice)


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(CheckFileError, match="must start with"):
        read(tmp_path, "")


# --- a reference in plain -------------------------------------------------------------------------------------------


def test_plain_keeps_the_lines_as_they_are_written():
    assert catalogue.plain(REFERENCE) == PLAIN


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ('class A:\n    """What."""\n\n    x: int = 1\n', "class A:\n    x: int = 1\n"),
        ('class A(ValueError):\n    """What."""\n', "class A(ValueError):\n    pass\n"),
        (
            "def f(\n    a: int,\n    *b: str,\n    c: float = 2.0,\n) -> None:\n    pass\n",
            "def f(a, *b, c=2.0):\n    pass\n",
        ),
        (
            "def f(é: str = 'é', b: int = (2)) -> 'é':\n    return '# é'  # é\n",
            "def f(é='é', b=(2)):\n    return '# é'\n",
        ),
        ("def f() -> dict[str, int]:\n    # why\n    return {}\n", "def f():\n    return {}\n"),
        ("@property\ndef f(self) -> int:\n    '''One.'''\n    return 1\n", "@property\ndef f(self):\n    return 1\n"),
        ("x = [\n    1,  # one\n    # two\n    3,\n]\n", "x = [\n    1,\n    3,\n]\n"),
    ],
)
def test_plain_leaves_out_docstrings_comments_and_annotations(written, plain):
    assert catalogue.plain(written) == plain


def test_a_signature_that_is_too_long_stays_on_its_lines():
    lines = [f"    parameter_number_{i}: int," for i in range(10)]
    written = "\n".join(["def f(", *lines, ") -> None:", "    pass", ""])
    assert catalogue.plain(written) == written.replace(": int", "").replace(" -> None", "")


class Stripped(ast.NodeTransformer):
    def visit_Module(self, node):
        return self._stripped(node)

    def visit_ClassDef(self, node):
        return self._stripped(node)

    def visit_FunctionDef(self, node):
        node.returns = None
        return self._stripped(node)

    def visit_arg(self, node):
        node.annotation = None
        return node

    def _stripped(self, node):
        self.generic_visit(node)
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return node


@pytest.mark.parametrize("homework", COURSE.given, ids=lambda homework: homework.id)
def test_every_reference_stays_the_same_program_in_plain(homework):
    for exercise, source in reference_cells(homework):
        same = ast.dump(Stripped().visit(ast.parse(source)))
        assert ast.dump(ast.parse(catalogue.plain(source))) == same, exercise


# --- the door, and the command --------------------------------------------------------------------------------------


def test_wrong_and_right_answers_come_through_one_door():
    homework = COURSE.homework("hw2")
    vae = next(exercise for exercise in homework.exercises if exercise.id == "vae")
    wrong = {answer.name: answer for answer in proof.answers(homework, vae, "wrong")}
    assert wrong["kl_sign"].caught_by == "vae/kl"
    assert wrong["kl_sign"].sentence == "The KL has the wrong sign."
    right = {answer.name: answer.source for answer in proof.answers(homework, vae, "right")}
    files = (CHECKS / "hw2" / "right").glob("vae__*.py")
    assert set(right) == {"base", "odd parts"} | {path.stem[5:] for path in files}
    assert wrong["kl_sign"].source == right["base"].replace("= gaussian_kl(", "= -gaussian_kl(")


def test_networks_get_odd_parts_and_those_whose_docstring_lists_their_parameters_get_buffers_alone():
    homework = COURSE.homework("hw3")
    odd = {
        exercise.id: answer.source
        for exercise in homework.exercises
        for answer in proof.answers(homework, exercise, "right")
        if answer.name == "odd parts"
    }
    assert "odd_frozen" in odd["realnvp"] and "RealNVP.__init__ = own_odd_parts(RealNVP.__init__)" in odd["realnvp"]
    assert "odd_complex" in odd["maf"] and "odd_frozen" not in odd["maf"] and "t1_formula" not in odd


def test_what_belongs_to_no_exercise_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(proof, "CHECKS", tmp_path)
    (tmp_path / "hw1" / "right").mkdir(parents=True)
    stray = [tmp_path / "hw1" / "gan.mistakes.md", tmp_path / "hw1" / "right" / "gan__numpy.py"]
    for path in [*stray, tmp_path / "hw1" / "made.mistakes.md", tmp_path / "hw1" / "right" / "made__numpy.py"]:
        path.touch()
    assert proof.strays(COURSE.homework("hw1")) == sorted(map(str, stray))


def test_an_exercise_without_a_catalogue_has_no_wrong_answers(tmp_path, monkeypatch):
    homework = COURSE.homework("hw1")
    monkeypatch.setattr(proof, "CHECKS", tmp_path)
    proof._catalogue.cache_clear()
    assert proof.answers(homework, homework.exercises[0], "wrong") == []
    proof._catalogue.cache_clear()


def test_make_mistake_prints_a_program(capsys):
    assert mistake.main(["--exercise", "vae", "--name", "kl_sign"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("# kl_sign: The KL has the wrong sign.\n# Caught by vae/kl.\n\nclass VAE(nn.Module):\n")
    assert "kl = -gaussian_kl(mean, log_std)" in printed
    ast.parse(printed)


def test_an_exercise_of_two_homeworks_needs_to_know_which(capsys):
    assert mistake.main(["--exercise", "t1_formula", "--name", "always_kl"]) == 2
    assert "t1_formula occurs in hw1 and hw2" in capsys.readouterr().err
    assert mistake.main(["--hw", "hw1", "--exercise", "t1_formula", "--name", "always_kl"]) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--exercise", "vae", "--name", "none"], "hw2/vae has no mistake named 'none'. It has\n"),
        (["--exercise", "vae"], "  kl_sign: The KL has the wrong sign."),
        (["--exercise", "none"], "there is no exercise 'none'. There are hw1/t1_formula"),
        (["--exercise", "vae", "--hw", "hw1"], "there is no exercise 'vae'"),
        (["--exercise", "vae", "--hw", "none"], "none"),
    ],
)
def test_what_is_not_there_ends_with_2_and_says_what_is(arguments, says, capsys):
    assert mistake.main(arguments) == 2
    printed = capsys.readouterr()
    assert says in printed.err
    assert printed.out == ""
