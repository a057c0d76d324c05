"""Collecting: what is understood lands where it belongs, and nothing else lands anywhere."""

import json
import stat
import zipfile
from datetime import UTC, datetime

import pytest
import small_course as sc

from autograder import provenance
from autograder.course import load_course
from autograder.intake import archives, collect
from autograder.intake.collect import CollectError
from autograder.intake.roster import RosterError
from autograder.intake.times import CollectedTimes

NOW = datetime(2026, 10, 13, 8, 0, tzinfo=UTC)


@pytest.fixture
def take(tmp_path):
    course = sc.course_in(tmp_path)

    def run(source, homework=None):
        chosen = course.homework(homework) if homework else None
        return collect.collect(source, tmp_path / "submissions", course, chosen, NOW)

    run.root, run.submissions = tmp_path, tmp_path / "submissions"
    run.landed = lambda: {
        path.relative_to(run.submissions).as_posix(): path.read_bytes()
        for path in run.submissions.rglob("*")
        if path.is_file() and path.name != "collected.json"
    }
    return run


def zipped(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("ada/hw1/hw1.ipynb", "ada"),
        ("export/ada/hw1/hw1.ipynb", "ada"),
        ("ada/hw1 (2).ipynb", "ada"),
        ("ada/HW1.ipynb", "ada"),
        ("ada_hw1.ipynb", "ada"),
        ("hw1-ada.ipynb", "ada"),
        ("Łucja Żak/hw1-Copy1.ipynb", "Łucja Żak"),
        ("田中_hw1.ipynb", "田中"),
        ("Ольга Ким_48211_assignsubmission_file_/hw1.ipynb", "Ольга Ким"),
        ("Ada King_77_assignsubmission_file_hw1.ipynb", "Ada King"),
        ("kingada_LATE_12_3456_hw1-2.ipynb", "kingada_12"),
        ("kingada_12_3456_hw1.ipynb", "kingada_12"),
        ("s-12_hw1-2.ipynb", "s-12"),
        ("zoe\u0308/hw1.ipynb", "zoë"),
        ("downloads/submitted/ada/hw1/hw1.ipynb", "ada"),
        ("ada/bob_hw1.ipynb", "ada"),
    ],
)
def test_names_that_are_understood(take, name, student):
    done = take(zipped(take.root / "a.zip", {name: sc.notebook()}))
    assert done.left == []
    assert set(take.landed()) == {f"{student}/hw1/hw1.ipynb"}
    assert CollectedTimes(take.submissions).of("hw1", student) == NOW


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("hw1.ipynb", "whose"),
        ("ada/notes.ipynb", "which homework"),
        ("ada/hw1.py", "no notebook"),
        ("ada/hw9.ipynb", "which homework"),
        ("../../etc/ada/hw1/hw1.ipynb", "leads out"),
        ("/ada/hw1/hw1.ipynb", "leads out"),
        ("..\\ada\\hw1.ipynb", "leads out"),
        ("C:/ada/hw1.ipynb", "leads out"),
        (".hidden/hw1.ipynb", "begins with a dot"),
        ("a\u202eb/hw1.ipynb", "invisible"),
    ],
)
def test_what_is_not_understood_is_listed_and_left_alone(take, name, why):
    done = take(zipped(take.root / "a.zip", {name: sc.notebook()}))
    ((_, said),) = done.left
    assert why in said
    assert not take.submissions.exists()


def test_a_homework_that_is_given_needs_no_name(take):
    zipped(take.root / "a.zip", {"ada.ipynb": b"{}", "bob/final version.ipynb": b"{1}", "cyd/hw1 (1).ipynb": b"{2}"})
    done = take(take.root / "a.zip", "hw1")
    assert done.left == []
    assert set(take.landed()) == {f"{name}/hw1/hw1.ipynb" for name in ("ada", "bob", "cyd")}


def test_ids_that_end_in_a_number_are_no_copies(take):
    done = take(zipped(take.root / "a.zip", {f"s-{n}.ipynb": b"{}" for n in (1, 2, 10)}), "hw1")
    assert done.left == []
    assert set(take.landed()) == {f"s-{n}/hw1/hw1.ipynb" for n in (1, 2, 10)}


@pytest.mark.parametrize(
    ("outer", "student"),
    [
        ("Mal Lory_66_assignsubmission_file_/all.zip", "Mal Lory"),
        ("mal_66_1_work.zip", "mal_66"),
        ("mal.zip", "mal"),
        ("mal_hw1.zip", "mal"),
        ("mal/hw1.zip", "mal"),
    ],
)
@pytest.mark.parametrize("inner", ["Bob S_78_assignsubmission_file_/hw1.ipynb", "bob/hw1.ipynb", "bob_7_8_hw1.ipynb"])
def test_nothing_in_a_student_s_zip_is_somebody_else_s(take, outer, student, inner):
    data = zipped(take.root / "inner.zip", {inner: b"{}"}).read_bytes()
    done = take(zipped(take.root / "a.zip", {outer: data}))
    if "_" in inner and "66" not in outer:  # an export in a zip, or a forgery: nobody can tell
        assert "collect that by itself" in done.left[0][1] and not take.submissions.exists()
    else:
        assert set(take.landed()) == {f"{student}/hw1/hw1.ipynb"}


def test_a_zip_of_the_whole_homework_in_the_source(take):
    data = zipped(take.root / "inner.zip", {"ada/hw1.ipynb": b"1", "bob/hw1.ipynb": b"2"}).read_bytes()
    done = take(zipped(take.root / "a.zip", {"hw1.zip": data}))
    assert done.left == [] and set(take.landed()) == {"ada/hw1/hw1.ipynb", "bob/hw1/hw1.ipynb"}


def test_a_zip_in_a_folder_of_another_name_is_not_guessed_about(take):
    data = zipped(take.root / "inner.zip", {"hw1.ipynb": b"1"}).read_bytes()
    ((_, why),) = take(zipped(take.root / "a.zip", {"group 7/ada.zip": data})).left
    assert "could be of 'group 7' or of 'ada'" in why


def test_a_folder_around_files_of_several_students_is_no_student(take):
    done = take(zipped(take.root / "a.zip", {f"downloads/{name}_hw1.ipynb": b"{}" for name in ("ada", "bob")}))
    assert done.left == [] and set(take.landed()) == {"ada/hw1/hw1.ipynb", "bob/hw1/hw1.ipynb"}


def test_another_homework_s_notebook_is_not_taken_for_this_one(take, monkeypatch):
    course = load_course()
    other = provenance.released_notebook(course.homework("hw2")).read_bytes()
    source = zipped(take.root / "a.zip", {"ada/hw1.ipynb": other, "ada/hw2.ipynb": other})
    done = collect.collect(source, take.submissions, course, None, NOW)
    assert done.left == [("ada/hw1.ipynb", "holds the exercises of hw2 and none of hw1; which is it?")]
    assert set(take.landed()) == {"ada/hw2/hw2.ipynb"}


def test_the_copy_with_the_highest_number_counts_and_the_others_are_named(take):
    done = take(
        zipped(take.root / "a.zip", {"ada/hw1.ipynb": b"1", "ada/hw1 (2).ipynb": b"3", "ada/hw1 (1).ipynb": b"2"})
    )
    assert take.landed() == {"ada/hw1/hw1.ipynb": b"3"}
    assert len(done.left) == 2
    done = take(zipped(take.root / "b.zip", {"x/bob/hw1.ipynb": b"1", "y/bob/hw1.ipynb": b"2"}))
    assert "could be of 'x' or of 'bob'" in done.left[0][1]
    done = take(zipped(take.root / "c.zip", {"bob_hw1.ipynb": b"1", "hw1-bob.ipynb": b"2"}))
    assert "2 files of bob" in done.left[0][1]
    assert set(take.landed()) == {"ada/hw1/hw1.ipynb"}


def test_litter_is_not_even_mentioned(take):
    litter = ("__MACOSX/ada/._hw1.ipynb", "ada/.ipynb_checkpoints/hw1.ipynb", "ada/.DS_Store", "ada/._hw1.ipynb")
    done = take(zipped(take.root / "a.zip", {"ada/hw1.ipynb": b"{}"} | dict.fromkeys(litter, b"x")))
    assert done.left == [] and set(take.landed()) == {"ada/hw1/hw1.ipynb"}


def test_zips_in_zips_and_in_folders(take):
    inner = zipped(take.root / "inner.zip", {"hw1.ipynb": b"{}"}).read_bytes()
    zipped(take.root / "a.zip", {"ada.zip": inner, "bob/hw1.zip": inner, "bad.zip": b"PK\x03\x04no"})
    done = take(take.root / "a.zip")
    assert [name for name, _ in done.left] == ["bad.zip"]
    assert "ada/hw1/hw1.ipynb" in take.landed()
    folder = take.root / "folder"
    folder.mkdir()
    (folder / "cyd.zip").write_bytes(inner)
    deep = zipped(take.root / "d1.zip", {"d.zip": zipped(take.root / "d2.zip", {"e.zip": inner}).read_bytes()})
    (folder / "deep.zip").write_bytes(deep.read_bytes())
    done = take(folder)
    assert "cyd/hw1/hw1.ipynb" in take.landed()
    assert any("in a zip file in a zip" in why for _, why in done.left)


def test_a_nested_zip_is_not_unpacked_before_a_file_of_it_is_wanted(take, monkeypatch):
    """Else a small zip of many large files would fill the memory."""
    limits = []
    really = archives._read
    monkeypatch.setattr(archives, "_read", lambda *rest: (limits.append(rest[2]), really(*rest))[1])
    inner = zipped(
        take.root / "inner.zip", {"hw1.ipynb": b"{}", **{f"{i}.ipynb": b"x" for i in range(50)}}
    ).read_bytes()
    take(zipped(take.root / "a.zip", {"ada.zip": inner}))
    assert limits.count(archives.MAX_BYTES) == 1
    monkeypatch.setattr(archives, "MOST_NESTED", 10)
    ((_, why),) = take(zipped(take.root / "b.zip", {"bob.zip": inner})).left
    assert "51 files, more than 10" in why


def test_names_in_utf_8_that_the_archive_does_not_call_so(take):
    path = take.root / "a.zip"
    zipped(path, {"zo@@/hw1.ipynb": b"{}"})
    path.write_bytes(path.read_bytes().replace(b"zo@@", "zoë".encode()))
    take(path)
    assert set(take.landed()) == {"zoë/hw1/hw1.ipynb"}


def test_links_and_encrypted_entries_are_left_alone(take):
    path = take.root / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("ada/hw1.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert "link" in take(path).left[0][1]
    folder = take.root / "folder"
    (folder / "ada").mkdir(parents=True)
    (folder / "ada" / "hw1.ipynb").symlink_to("/etc/hostname")
    (folder / "eve").symlink_to("/etc")
    assert "link" in take(folder).left[0][1]
    assert not take.submissions.exists()


def test_bombs_are_refused_before_anything_is_unpacked(take, monkeypatch):
    bomb = zipped(take.root / "a.zip", {"ada/hw1.ipynb": bytes(80 << 20)})
    assert "80 MB" in take(bomb).left[0][1]
    monkeypatch.setattr(archives, "MOST_BYTES", 1 << 20)
    with pytest.raises(CollectError, match="unpacks to 80 MB"):
        take(bomb)
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    with pytest.raises(CollectError, match="more than 3"):
        take(zipped(take.root / "b.zip", {f"s{i}/hw1.ipynb": b"" for i in range(4)}))
    assert not take.submissions.exists()


def test_an_archive_that_lies_about_sizes(take, monkeypatch):
    path = zipped(take.root / "a.zip", {"ada/hw1.ipynb": bytes(3 << 20), "bob/hw1.ipynb": b"{}"})
    data = path.read_bytes().replace((3 << 20).to_bytes(4, "little"), (3).to_bytes(4, "little"))
    path.write_bytes(data)
    done = take(path)
    assert [name for name, _ in done.left] == ["ada/hw1.ipynb"]
    assert set(take.landed()) == {"bob/hw1/hw1.ipynb"}


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x03\x04"])
def test_what_is_no_archive(take, data):
    (take.root / "a.zip").write_bytes(data)
    with pytest.raises(CollectError, match="neither"):
        take(take.root / "a.zip")
    with pytest.raises(CollectError, match="there is no"):
        take(take.root / "missing.zip")


def test_a_second_collection_keeps_what_it_replaces_and_the_first_time_of_what_is_the_same(take):
    take(zipped(take.root / "a.zip", {"ada/hw1.ipynb": b"1", "bob/hw1.ipynb": b"1"}))
    course = sc.course_in(take.root)
    later = NOW.replace(day=20)
    second = zipped(take.root / "b.zip", {"ada/hw1.ipynb": b"2", "bob/hw1.ipynb": b"1"})
    done = collect.collect(second, take.submissions, course, None, later)
    assert [line[0] for line in done.replaced] == ["ada"] and [line[0] for line in done.same] == ["bob"]
    assert CollectedTimes(take.submissions).of("hw1", "ada") == later
    assert CollectedTimes(take.submissions).of("hw1", "bob") == NOW
    (old,) = (take.root / "replaced" / "ada" / "hw1").iterdir()
    assert old.read_bytes() == b"1"


def test_names_that_cannot_be_told_apart(take):
    done = take(zipped(take.root / "a.zip", {"ada/hw1.ipynb": b"1", "Ada/hw1.ipynb": b"2"}))
    assert len(done.left) == 2 and not take.submissions.exists()


def test_a_roster_gives_lms_names_their_ids(take):
    (take.root / "roster.csv").write_text("student,alias\nada,48211\nada,King Ada\n", encoding="utf-8")
    take(zipped(take.root / "a.zip", {"Ada K_48211_assignsubmission_file_/hw1.ipynb": b"1"}))
    assert set(take.landed()) == {"ada/hw1/hw1.ipynb"}
    (take.root / "roster.csv").write_text("student,alias\nada,1\nbob,1\n")
    with pytest.raises(RosterError, match="two students"):
        take(take.root / "a.zip")


def test_a_damaged_list_of_times_stops_collecting(take):
    take(zipped(take.root / "a.zip", {"ada/hw1.ipynb": b"1"}))
    (take.submissions / "collected.json").write_text(json.dumps({"hw1": {"ada": {}}}))
    with pytest.raises(CollectError, match="damaged"):
        take(zipped(take.root / "b.zip", {"ada/hw1.ipynb": b"2"}))
    assert take.landed() == {"ada/hw1/hw1.ipynb": b"1"}
