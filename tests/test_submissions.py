"""Finding and reading what students handed in: whatever stands there is a sentence about that submission."""

import os

import pytest
import small_course as sc

from autograder.intake import submissions
from autograder.intake.submissions import NotReadableError, find_submissions, has_submissions
from autograder.notebooks import read_notebook
from autograder.pages import similarity

NOWHERE = "x" * 300  # a name longer than any file system's; who follows a link there gets an OSError, root as well


@pytest.fixture
def course(tmp_path):
    return sc.course_in(tmp_path)


@pytest.fixture
def folder(tmp_path):
    """Submissions with one honest student among those whom a test adds."""
    path = tmp_path / "submissions" / "ada" / "hw1" / "hw1.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(sc.notebook(sc.RIGHT))
    return tmp_path / "submissions"


def found(folder, course):
    homeworks = course.homeworks
    listed = find_submissions(folder, homeworks, {homework.id for homework in homeworks})
    assert [one.read() for one in listed if one.student == "ada"] == [sc.notebook(sc.RIGHT)]
    return [one for one in listed if one.student != "ada"]


def handed_in(folder, make):
    """Have `make` put something where the notebook of bob should be."""
    path = folder / "bob" / "hw1" / "hw1.ipynb"
    path.parent.mkdir(parents=True)
    make(path)
    return path


NO_FILES = {
    "folder": (os.mkdir, "is not an ordinary file"),
    "pipe": (os.mkfifo, "is not an ordinary file"),
    "link nowhere": (lambda path: path.symlink_to("nothing"), "cannot be read: No such file"),
    "link too long": (lambda path: path.symlink_to(NOWHERE), "cannot be read: File name too long"),
    "link in a circle": (lambda path: path.symlink_to(path.name), "cannot be read: "),
    "link to a folder": (lambda path: path.symlink_to("."), "is not an ordinary file"),
    "link to another": (lambda path: path.symlink_to("../../ada/hw1/hw1.ipynb"), "leads out of the student's folder"),
}


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_is_no_file_is_a_sentence_for_every_reader(folder, course, tmp_path, kind):
    make, sentence = NO_FILES[kind]
    handed_in(folder, make)
    (bob,) = found(folder, course)
    with pytest.raises(NotReadableError, match=sentence):
        bob.read()
    released = read_notebook(sc.notebook())
    _, left = similarity.compare(course.homeworks[0], course, [bob], released, tmp_path / "report.html")
    assert left[0][0] == "bob" and sentence in left[0][1]


def test_an_error_while_reading_is_a_sentence(folder, course, monkeypatch):
    handed_in(folder, lambda path: path.write_bytes(b"{}"))
    (bob,) = found(folder, course)

    def broken(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(submissions, "_bytes_of_file", broken)
    with pytest.raises(NotReadableError, match="cannot be read: Input/output error"):
        bob.read()


def test_no_descriptor_stays_open(folder, course):
    handed_in(folder, os.mkfifo)
    (bob,) = found(folder, course)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with pytest.raises(NotReadableError):
            bob.read()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("target", [NOWHERE, "nothing", "."])
def test_links_in_the_place_of_folders(folder, course, target):
    (folder / "bob").symlink_to(target)
    (folder / "cyd").mkdir()
    (folder / "cyd" / "hw1").symlink_to(target)
    (folder / "dan").mkdir()
    (folder / "dan" / "else").symlink_to(target)
    problems = {one.student: one.problem for one in found(folder, course)}
    assert "is a link" in problems["bob"]
    assert "hw1 is not a folder" in problems["cyd"]
    assert ("no homework of this course" in problems.get("dan", "")) == (target == ".")
    assert has_submissions(folder)


def test_a_folder_that_cannot_be_looked_into_costs_that_homework_only(folder, course, monkeypatch):
    handed_in(folder, lambda path: path.write_bytes(b"{}"))
    listing = submissions.Path.iterdir

    def closed(path):
        if path.parts[-2:] == ("bob", "hw1"):
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(submissions.Path, "iterdir", closed)
    (bob,) = found(folder, course)
    assert (bob.homework, bob.problem) == ("hw1", "hw1 cannot be looked into: Permission denied")


def test_sentences_stay_short_however_many_files_there_are(folder, course):
    path = handed_in(folder, lambda path: path.write_bytes(b"{}"))
    for number in range(200):
        (path.parent / f"copy {number} {'x' * 200}.ipynb").write_bytes(b"{}")
        (folder / "bob" / f"stray {number} {'x' * 200}").mkdir()
        (folder / "cyd" / ("HW1" + " " * number)).mkdir(parents=True)
    bob, stray, cyd = found(folder, course)
    assert "and 195 more" in bob.remark and "and 195 more are no homework" in stray.problem
    assert "and 195 more are not where hw1 is looked for; rename 'HW1' to 'hw1'" in cyd.problem
    assert max(len(bob.remark), len(stray.problem), len(cyd.problem)) < 1500
