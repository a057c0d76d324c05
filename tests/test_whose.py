"""Who handed it in, and when: what platforms really export, with a roster and without one."""

import io
import struct
import tarfile
import zipfile
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import small_course as sc

from autograder import provenance
from autograder.course import load_course
from autograder.intake import collect
from autograder.intake.archives import CollectError
from autograder.intake.log import LogError, read_log
from autograder.intake.times import CollectedTimes, read_moment

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 10, 14, 8, 0, tzinfo=ZONE)
DUE = datetime(2026, 10, 12, 23, 59, tzinfo=ZONE)
ROSTER = """\
id,name,email,aliases,team,canvas,blackboard,brightspace,github
ada,Ada Lovelace,ada@example.org,Ada King,,12345,ada12,555,adalove
bob,Bob Smith,bob@example.org,,,999,bob_s,556,smithbob
olga,Ольга Ким,,,red,777,,,
pat,Pat Lee,,,red,778,,,
w1,Wang Wei,,,,801,,,
w2,Wang Wei,,,,802,,,
"""
TEAMS = ROSTER


class Intake:
    def __init__(self, folder):
        self.folder, self.submissions = folder, folder / "submissions"
        toml = sc.TOML.replace('title = "A small course"', 'title = "Small"\ntime_zone = "Europe/Amsterdam"')
        toml = toml.replace(
            'title = "More"\nplanned = true',
            'title = "More"\n[[homework.exercise]]\n'
            'id = "add"\ntitle = "Addition"\npoints = 13\nmodule = "numbers"\nnames = ["add"]',
        )
        deadline = "[homework.deadline]\ndue = 2026-10-12T23:59:00\npenalty_per_day = 1.3\n"
        toml = toml.replace('title = "Numbers"\n', f'title = "Numbers"\n{deadline}', 1)
        (folder / "course.toml").write_text(toml)
        self.course, self.count = load_course(folder / "course.toml"), 0

    def roster(self, text=ROSTER):
        (self.folder / "roster.csv").write_text(text, encoding="utf-8")

    def pack(self, entries):
        """A zip; an entry may be (bytes, time on the clock of whoever packed it)."""
        self.count += 1
        path = self.folder / f"{self.count}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in entries.items():
                data, time = data if isinstance(data, tuple) else (data, (1980, 1, 1, 0, 0, 0))
                archive.writestr(zipfile.ZipInfo(name, time), data)
        return path

    def take(self, source, homework=None, now=NOW, **orders):
        chosen = self.course.homework(homework) if homework else None
        source = self.pack(source) if isinstance(source, dict) else source
        return collect.collect(source, self.submissions, self.course, collect.Orders(chosen, **orders), now)

    @property
    def landed(self):
        found = self.submissions.glob("*/*/*.ipynb")
        return {f"{path.parts[-3]}/{path.parts[-2]}": path.read_bytes() for path in found}

    def came(self, student, homework="hw1"):
        return CollectedTimes(self.submissions).of(homework, student)


@pytest.fixture
def at(tmp_path):
    return Intake(tmp_path)


def names(*paths):
    return {path: str(number).encode() for number, path in enumerate(paths)}


# --- who, without a roster


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("Ada Lovelace_1041_assignsubmission_file_/hw1.ipynb", "Ada Lovelace"),
        ("anon_Gx7pQ_8812_hw1.ipynb", "anon_Gx7pQ"),
        ("LATE_anon_Gx7pQ_8812_hw1.ipynb", "anon_Gx7pQ"),
        ("o_brien_12_3456_hw1.ipynb", "o_brien_12"),
        ("Homework 1_ada12_attempt_2026-10-12-23-58-41_hw1.ipynb", "ada12"),
        ("Homework 1_ada12_attempt_2026-10-12-23-58-41_my work.ipynb", "ada12"),
        ("12345-67890 - Ada Lovelace - Oct 12, 2026 1159 PM/hw1.ipynb", "Ada Lovelace"),
        ("ada/Copy of hw1.ipynb", "ada"),
        ("ada/Kopie von hw1.ipynb", "ada"),
        ('ada/Копия блокнота "hw1.ipynb".ipynb', "ada"),
        ("ada/hw1.ipynb のコピー.ipynb", "ada"),
        ("ada/“hw1.ipynb”的副本.ipynb", "ada"),
        ("ada/hw1 - Kopie (2).ipynb", "ada"),
        ("ada/hw1 final FINAL.ipynb", "ada"),
        ("Copy of ada_hw1.ipynb", "ada"),
        ("ada/homeworks/hw1/hw1.ipynb", "ada"),
        ("hw1-ada/homeworks/hw1/hw1.ipynb", "ada"),
        ("hw1-submissions/hw1-ada/homeworks/hw1/hw1.ipynb", "ada"),
        ("ada/hw1.ipynb.txt", "ada"),
        ("ada/Homework 01.ipynb", "ada"),
    ],
)
def test_names_of_platforms_and_people(at, path, student):
    done = at.take(names(path), None if "my work" not in path else "hw1")
    assert done.left == [] and set(at.landed) == {f"{student}/hw1"}


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("Bob Smith_999_assignsubmission_file_x_1041_assignsubmission_file_/hw1.ipynb", "twice in its name"),
        ("smithbob_999_888_x_12_34_hw1.ipynb", "can be read as of"),
        ("Homework 1_ada_12_attempt_2026-10-12-23-58-41_hw1.ipynb", "can be read as of"),
        ("Kopie von hw1.ipynb", "does not say whose"),
        ("“hw1.ipynb”的副本.ipynb", "does not say whose"),
        ("homeworks/hw1/hw1.ipynb", "does not say whose"),
        ("Untitled.ipynb", "whose"),
        ("ada/work/hw1.ipynb", "could be of 'ada' or of 'work'"),
        ("ada/hw1.html", "is a web page"),
        ("ada/hw1.url", "is a link"),
        ("ada/hw1.py", "is no notebook but Python code"),
        ("ada/hw1.rar", "RAR"),
        ("ada/hw1.7z", "7-Zip"),
    ],
)
def test_what_is_not_certain_is_nobody_new(at, path, why):
    ((_, said),) = at.take(names(path), "hw1" if "Untitled" in path else None).left
    assert why in said and at.landed == {}


def test_moodle_s_number_is_another_in_every_assignment(at):
    at.take(names("Ada Lovelace_1041_assignsubmission_file_/hw1.ipynb"))
    at.take(names("Ada Lovelace_2377_assignsubmission_file_/hw2.ipynb"))
    assert set(at.landed) == {"Ada Lovelace/hw1", "Ada Lovelace/hw2"}


def test_two_people_of_one_name_are_not_one(at):
    left = at.take(names(*(f"Wang Wei_{n}_assignsubmission_file_/hw1.ipynb" for n in (11, 12)))).left
    assert len(left) == 2 and "is the name of 2 people here (11, 12)" in left[0][1] and at.landed == {}
    at.take(names("Wang Wei_11_assignsubmission_file_/hw1.ipynb"))
    left = at.take(names("Wang Wei_12_assignsubmission_file_/hw1.ipynb")).left
    assert "2 people" in left[0][1] and at.landed == {"Wang Wei/hw1": b"0"}


def test_a_changed_name_with_the_same_platform_id_is_the_same_student(at):
    at.take(names("kingada_12345_1_hw1.ipynb", "Ada King_1041_assignsubmission_file_/hw2.ipynb"))
    at.take({"lovelaceada_12345_2_hw1.ipynb": b"new", "lovelaceada_12345_3_hw2.ipynb": b"canvas"})
    at.take({"Ada Lovelace_1041_assignsubmission_file_/hw2.ipynb": b"moodle"})
    assert at.landed == {"kingada_12345/hw1": b"new", "kingada_12345/hw2": b"canvas", "Ada King/hw2": b"moodle"}


def test_a_resubmission_with_a_new_attachment_is_the_newer_one(at):
    done = at.take({"kingada_1_500_hw1.ipynb": b"new", "kingada_1_400_hw1.ipynb": b"old"})
    assert at.landed == {"kingada_1/hw1": b"new"} and "is newer" in done.left[0][1]
    at.take({"anon_Gx7pQ_8812_hw1.ipynb": b"1"})
    at.take({"LATE_anon_Gx7pQ_9001_hw1.ipynb": b"2"}, latest=True)
    assert at.landed["anon_Gx7pQ/hw1"] == b"2"


def test_letters_of_another_script_make_nobody_new(at):
    at.take(names("ada/hw1.ipynb"))
    ((_, why),) = at.take({"ада/hw1.ipynb": b"x"}).left
    assert "'ада' looks like 'ada'" in why and set(at.landed) == {"ada/hw1"}
    assert at.take({"ada/hw1.ipynb": b"new"}).left == []
    assert at.landed["ada/hw1"] == b"new"


def test_the_other_homeworks_of_a_clone_were_not_handed_in(at):
    course = load_course()
    released = {homework.id: provenance.released_notebook(homework).read_bytes() for homework in course.homeworks[:2]}
    files = {f"clones/hw1-ada/homeworks/{name}/{name}.ipynb": data for name, data in released.items()}
    files["clones/hw1-ada/homeworks/hw1/hw1.ipynb"] += b" "
    done = collect.collect(at.pack(files), at.submissions, course, collect.Orders(), NOW)
    assert [why for _, why in done.left] == ["is as it was released, in a clone of the whole repository"]
    assert set(at.landed) == {"ada/hw1"}


def test_what_a_platform_adds_is_no_failure(at):
    receipts = (
        "Homework 1_ada12_attempt_2026-10-12-23-58-41.txt",
        "index.html",
        "A B_1_assignsubmission_onlinetext_/onlinetext.html",
    )
    assert at.take(names("ada/hw1.ipynb", *receipts)).left == []


# --- who, with a roster


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("Ada Lovelace_1041_assignsubmission_file_/hw1.ipynb", "ada"),
        ("Ada King_1041_assignsubmission_file_/hw1.ipynb", "ada"),
        ("LOVELACE Ada_1041_assignsubmission_file_/hw1.ipynb", "ada"),
        ("ada@example.org_1041_assignsubmission_file_/hw1.ipynb", "ada"),
        ("lovelaceada_12345_1_hw1.ipynb", "ada"),
        ("married_12345_1_hw1.ipynb", "ada"),
        ("weiwang_802_1_hw1.ipynb", "w2"),
        ("Homework 1_ada12_attempt_2026-10-12-23-58-41_hw1.ipynb", "ada"),
        ("Homework 1_bob_s_attempt_2026-10-12-23-58-41_hw1.ipynb", "bob"),
        ("555-1 - A. L. - Oct 12, 2026 1159 PM/hw1.ipynb", "ada"),
        ("hw1-adalove/homeworks/hw1/hw1.ipynb", "ada"),
        ("deep-models-smithbob/hw1.ipynb", "bob"),
        ("downloads/section a/ada/work/hw1.ipynb", "ada"),
        ("Ким Ольга/hw1.ipynb", "olga"),
        ("smithbob_999_888_2026_10_hw1.ipynb", "bob"),
    ],
)
def test_the_roster_says_who(at, path, student):
    at.roster(ROSTER.replace(",red,", ",,"))
    done = at.take(names(path))
    assert done.left == [] and set(at.landed) == {f"{student}/hw1"}


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("eve/hw1.ipynb", "'eve' is not on the roster"),
        ("ада/hw1.ipynb", "it looks like 'ada'"),
        ("Wang Wei_5_assignsubmission_file_/hw1.ipynb", "signs of w1, w2"),
        ("smithbob_12345_1_hw1.ipynb", "signs of ada, bob"),
        ("ada/bob/hw1.ipynb", "signs of ada, bob"),
        ("smithbob_999_888_x_777_34_hw1.ipynb", "can be read as of bob or of olga"),
    ],
)
def test_who_is_not_on_it_or_has_signs_of_two_is_left_alone(at, path, why):
    at.roster()
    ((_, said),) = at.take(names(path)).left
    assert why in said and at.landed == {}


def test_unknown_students_are_taken_when_that_is_asked_for(at):
    at.roster()
    assert at.take(names("eve/hw1.ipynb", "mallory_66_1_hw1.ipynb", "ada/hw1.ipynb"), unknown=True).left == []
    assert set(at.landed) == {"eve/hw1", "mallory_66/hw1", "ada/hw1"}


def test_a_team_has_one_submission(at):
    at.roster()
    assert at.take({"kimolga_777_1_hw1.ipynb": b"1"}).left == []
    done = at.take({"leepat_778_2_hw1.ipynb": b"2", "red/hw2.ipynb": b"team"})
    assert at.landed == {"olga/hw1": b"2", "olga/hw2": b"team"}
    assert "pat handed in hw1 for the team of olga" in done.notes
    left = at.take({"kimolga_777_9_hw1.ipynb": b"x", "leepat_778_9_hw1.ipynb": b"y"}).left
    assert len(left) == 2 and "2 files of olga" in left[0][1]


# --- names in old zips, other archives


def raw_zip(path, name, encoding, data=b"{}"):
    """A zip whose names are in some system's own encoding, as Windows writes them."""
    raw = name.encode(encoding)
    holder = "".join("@" if byte > 127 else chr(byte) for byte in raw)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(holder, data)
    path.write_bytes(path.read_bytes().replace(holder.encode(), raw))
    return path


@pytest.mark.parametrize(
    ("encoding", "name"), [("cp866", "Ольга Ким"), ("cp1251", "Ада"), ("gbk", "田中"), ("cp852", "Łucja")]
)
def test_names_in_old_encodings(at, encoding, name):
    path = raw_zip(at.folder / "old.zip", f"{name}/hw1.ipynb", encoding)
    ((_, why),) = at.take(path).left
    assert "ENCODING=" in why and at.landed == {}
    assert at.take(path, encoding=encoding).left == [] and set(at.landed) == {f"{name}/hw1"}


def test_names_that_code_page_437_can_write_are_what_they_are(at):
    assert at.take(raw_zip(at.folder / "old.zip", "Zoë Müller/hw1.ipynb", "cp437")).left == []
    assert set(at.landed) == {"Zoë Müller/hw1"}
    ((_, why),) = at.take(names("ÐžÐ»ÑŒÐ³Ð°/hw1.ipynb")).left
    assert "looks broken" in why
    with pytest.raises(CollectError, match="no encoding 'klingon'"):
        at.take(names("ada/hw1.ipynb"), encoding="klingon")


def tarred(entries, mode="w:gz"):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=mode) as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1791835200  # 2026-10-12 16:00 UTC
            archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


def test_a_tar_a_notebook_and_what_is_not_opened(at):
    (at.folder / "all.tar.gz").write_bytes(tarred({"ada/hw1.ipynb": b"1", "../../eve/hw1.ipynb": b"x"}))
    ((_, why),) = at.take(at.folder / "all.tar.gz").left
    assert "leads out" in why and at.landed == {"ada/hw1": b"1"}
    assert at.came("ada") == datetime.fromtimestamp(1791835200, UTC)
    at.take({"bob.tgz": tarred({"hw1.ipynb": b"2"}), "cyd/work.tar": tarred({"hw1.ipynb": b"3"}, "w")})
    assert at.landed["bob/hw1"] == b"2"
    (at.folder / "dan_hw1.ipynb").write_bytes(b"4")
    assert at.take(at.folder / "dan_hw1.ipynb").left == [] and at.landed["dan/hw1"] == b"4"
    for name, kind in (("all.rar", "a RAR"), ("all.7z", "a 7-Zip")):
        (at.folder / name).write_bytes(b"x")
        with pytest.raises(CollectError, match=f"is {kind} archive; unpack it"):
            at.take(at.folder / name)


def test_a_tar_of_too_much_costs_itself_alone(at, monkeypatch):
    monkeypatch.setattr("autograder.intake.archives.LARGEST_NESTED", 1000)
    done = at.take({"ada.tar.gz": tarred({"hw1.ipynb": bytes(2000)}), "bob/hw1.ipynb": b"1"})
    assert "unpacks to more than" in done.left[0][1] and set(at.landed) == {"bob/hw1"}


# --- when


def test_the_morning_after_costs_nobody_anything_who_was_in_time(at):
    """Moodle's entries have the time of the upload, on its server's clock."""
    entries = {
        f"S {n}_{n}_assignsubmission_file_/hw1.ipynb": (b"%d" % n, (2026, 10, 12 + (n == 3), 20 + n, 0, 0))
        for n in range(4)
    }
    done = at.take(entries)
    assert at.came("S 1") == datetime(2026, 10, 12, 21, 0, tzinfo=ZONE)
    assert done.by == {"archive": 4} and done.late_by_collecting == []


def test_times_that_are_all_alike_are_of_the_packing(at):
    entries = {
        f"{name}/hw1.ipynb": (name.encode(), (2026, 10, 13, 9, 0, n)) for n, name in enumerate(("a1", "b2", "c3"))
    }
    done = at.take(entries)
    assert done.by == {"collecting": 3} and done.late_by_collecting == ["a1/hw1", "b2/hw1", "c3/hw1"]
    said = " ".join(collect.said_of_times(done))
    assert "LATE by the moment of collecting alone: 3 (a1/hw1, b2/hw1, c3/hw1)" in said and "AT=" in said
    done = at.take(entries, at=DUE)
    assert done.by == {"AT=": 3} and at.came("a1") == DUE and len(done.same) == 3


def test_a_folder_says_no_time(at):
    (at.folder / "in" / "ada").mkdir(parents=True)
    (at.folder / "in" / "ada" / "hw1.ipynb").write_bytes(b"1")
    assert at.take(at.folder / "in").late_by_collecting == ["ada/hw1"] and at.came("ada") == NOW


def test_a_student_s_own_zip_says_no_time(at):
    inner = at.pack({"hw1.ipynb": (b"1", (2026, 10, 1, 0, 0, 0))}).read_bytes()
    at.take({"ada.zip": (inner, (2026, 10, 13, 7, 0, 0))})
    assert at.came("ada") == datetime(2026, 10, 13, 7, 0, tzinfo=ZONE)


def test_canvas_s_word_counts(at):
    at.take(
        {
            "kingada_1_2_hw1.ipynb": b"1",
            "ng_LATE_2_3_hw1.ipynb": (b"2", (2026, 10, 13, 4, 0, 0)),
            "x_LATE_3_4_hw1.ipynb": b"3",
        }
    )
    times = CollectedTimes(at.submissions)
    assert times.in_time("hw1", "kingada_1") and not times.in_time("hw1", "ng_2")
    assert at.came("ng_2") == datetime(2026, 10, 13, 4, 0, tzinfo=ZONE) and at.came("x_3") == NOW


def test_a_time_in_the_name_counts(at):
    at.take(
        names("Homework 1_ada12_attempt_2026-10-12-23-58-41_hw1.ipynb", "1-2 - Bob S - Oct 13, 2026 109 AM/hw1.ipynb")
    )
    assert at.came("ada12") == datetime(2026, 10, 12, 23, 58, 41, tzinfo=ZONE)
    assert at.came("Bob S") == datetime(2026, 10, 13, 1, 9, tzinfo=ZONE)


def test_the_extra_field_of_a_zip_is_in_utc(at):
    path = at.folder / "utc.zip"
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("ada/hw1.ipynb", (2026, 10, 12, 23, 0, 0))
        entry.extra = struct.pack("<HHBI", 0x5455, 5, 1, 1791835200)
        archive.writestr(entry, b"1")
    at.take(path)
    assert at.came("ada") == datetime(2026, 10, 12, 20, 0, tzinfo=UTC)


def test_nothing_came_later_than_now(at):
    at.take({"ada/hw1.ipynb": (b"1", (2030, 1, 1, 0, 0, 0))})
    assert at.came("ada") == NOW


MOODLE_LOG = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Last modified (submission)\n"
    'Participant 1041,Ada Lovelace,ada@example.org,Submitted,,13,Yes,"Monday, 12 October 2026, 11:58 PM"\n'
    "Participant 1042,Bob Smith,bob@example.org,No submission,,13,Yes,-\n"
)


def test_the_platform_s_log_counts(at):
    (at.folder / "log.csv").write_text(MOODLE_LOG)
    log = read_log(at.folder / "log.csv", ZONE)
    files = [f"{who}_assignsubmission_file_/hw1.ipynb" for who in ("Ada Lovelace_1041", "Bob Smith_1042")]
    done = at.take(names(*files), log=log)
    assert at.came("Ada Lovelace") == datetime(2026, 10, 12, 23, 58, tzinfo=ZONE)
    assert done.by == {"log": 1, "collecting": 1} and done.late_by_collecting == ["Bob Smith/hw1"]


def test_every_faulty_line_of_a_log_is_named(at):
    (at.folder / "log.csv").write_text(
        "student;submitted at\nada;10/12/2026 11:59\nbob;2026-10-12T21:58:00Z\ncyd;soon\n"
    )
    with pytest.raises(LogError) as found:
        read_log(at.folder / "log.csv", ZONE)
    assert "line 2: '10/12/2026 11:59'" in str(found.value) and "line 4: 'soon'" in str(found.value)
    (at.folder / "log.csv").write_text("time\n2026-10-12 12:00\n")
    with pytest.raises(LogError, match="no column says who"):
        read_log(at.folder / "log.csv", ZONE)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-10-12T23:59", (2026, 10, 12, 23, 59)),
        ("2026-10-12 23:59:30", (2026, 10, 12, 23, 59, 30)),
        ("12 October 2026, 11:58 PM", (2026, 10, 12, 23, 58)),
        ("Mon, 12 Oct 2026 12:01 AM", (2026, 10, 12, 0, 1)),
        ("Oct 12, 2026 at 12:01pm", (2026, 10, 12, 12, 1)),
        ("2026-10-12-23-58-41", (2026, 10, 12, 23, 58, 41)),
    ],
)
def test_times_as_platforms_write_them(text, moment):
    assert read_moment(text, ZONE) == datetime(*moment, tzinfo=ZONE)


def test_a_time_with_an_offset_is_in_that():
    assert read_moment("2026-10-12T21:59:00Z", ZONE) == DUE == read_moment("2026-10-12T23:59+02:00", UTC)


@pytest.mark.parametrize(
    "text", ["", "10/12/2026 11:59", "2026-13-01 00:00", "31 Feb 2026 10:00", "1 Foo 2026 10:00", "13:00"]
)
def test_what_can_be_read_in_two_ways_or_none_is_no_time(text):
    assert read_moment(text, ZONE) is None


def test_a_late_file_does_not_replace_one_in_time(at):
    early, late = (2026, 10, 12, 20, 0, 0), (2026, 10, 13, 20, 0, 0)
    at.take({"ada/hw1.ipynb": (b"1", early)})
    ((_, why),) = at.take({"ada/hw1.ipynb": (b"2", late)}).left
    assert "came in time and counts" in why and at.landed == {"ada/hw1": b"1"} and at.came("ada").day == 12
    (kept,) = (at.folder / "replaced" / "ada" / "hw1").iterdir()
    assert kept.read_bytes() == b"2"
    at.take({"ada/hw1.ipynb": (b"2", late)}, latest=True)
    assert at.landed == {"ada/hw1": b"2"} and at.came("ada").day == 13
    done = at.take({"bob/hw1.ipynb": (b"a", early), "bob/hw1 (2).ipynb": (b"b", late)})
    assert at.landed["bob/hw1"] == b"a" and "is late" in done.left[0][1]


def test_one_in_time_replaces_a_late_one_and_an_older_one_nothing(at):
    at.take({"ada/hw1.ipynb": (b"late", (2026, 10, 13, 20, 0, 0))})
    at.take({"ada/hw1.ipynb": (b"new", (2026, 10, 12, 20, 0, 0))})
    assert at.landed == {"ada/hw1": b"new"}
    ((_, why),) = at.take({"ada/hw1.ipynb": (b"old", (2026, 10, 12, 19, 0, 0))}).left
    assert "is older than what ada has" in why and at.landed == {"ada/hw1": b"new"}
