"""The roster: who is in the course, by every name that a platform has for them."""

import pytest

from autograder.course import ROOT
from autograder.intake.roster import Roster, RosterError, Student, likenesses, read_roster

TABLE = """\
id,name,e-mail,aliases,team,Moodle,canvas id,blackboard
ada,Ada Byron King,ada@example.org,Lovelace|"the countess",red,48211,12|13,ada12
bob,Боб Смит,Bob@example.org,,Red ,,99,
w1,Wang Wei,,,,,,
w2,Wang Wei,,,,,,
"""


def roster(tmp_path, text):
    (tmp_path / "roster.csv").write_text(text, encoding="utf-8")
    return read_roster(tmp_path / "roster.csv")


@pytest.fixture
def people(tmp_path):
    return roster(tmp_path, TABLE.replace('"the countess"', "the countess"))


@pytest.mark.parametrize(
    ("text", "whose"),
    [
        ("ada", {"ada"}),
        ("ADA@example.org", {"ada"}),
        ("lovelace", {"ada"}),
        ("The  Countess", {"ada"}),
        ("Ada Byron King", {"ada"}),
        ("King, Ada Byron", {"ada"}),
        ("kingadabyron", {"ada"}),
        ("Смит Боб", {"bob"}),
        ("смитбоб", {"bob"}),
        ("Wang Wei", {"w1", "w2"}),
        ("W2", {"w2"}),
        ("Ada", {"ada"}),
        ("Byron", set()),
        ("King", set()),
        ("48211", set()),
        ("", set()),
    ],
)
def test_a_name_is_whose_it_is_and_no_part_of_one(people, text, whose):
    assert people.called(text) == whose


def test_a_platform_s_number_is_of_that_platform_only(people):
    assert people.numbered("canvas", "12") == people.numbered("canvas", "13") == {"ada"}
    assert people.numbered("moodle", "48211") == {"ada"} and people.numbered("moodle", "12") == set()
    assert people.numbered("blackboard", "ADA12") == {"ada"}
    assert people.get("ada").platforms["canvas"] == ("12", "13")


def test_a_team_is_all_of_it(people):
    assert people.team_of("ada") == people.team_of("bob") == people.team_called("RED") == ("ada", "bob")
    assert people.team_of("w1") == ("w1",) and people.team_of("stranger") == ("stranger",)
    assert people.team_called("blue") == ()


def test_no_roster_is_an_empty_one(tmp_path):
    nobody = read_roster(tmp_path / "roster.csv")
    assert not nobody and nobody.called("ada") == set() and nobody.get("ada") == Student("ada")


def test_several_lines_of_one_student_add_up(tmp_path):
    people = roster(tmp_path, "student,alias\nada,48211\nada,King Ada\n")
    assert people.get("ada").aliases == ("48211", "King Ada") and people.called("48211") == {"ada"}


def test_first_and_last_name_make_a_name(tmp_path):
    assert roster(tmp_path, "Last name;ID;First name\nKing;ada;Ada\n").get("ada").name == "Ada King"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("id,alias\nada,1\nbob,1\n", ["line 3: '1' is an id, address or alias of two students: ada, bob"]),
        ("id,email\nada,x@y\nbob,X@y\n", ["line 3: 'x@y'"]),
        ("id,alias\nada,\nbob,ada\n", ["line 3: 'ada'"]),
        ("id,canvas\nada,7\nbob,7\n", ["line 3: canvas user '7'"]),
        ("id,name\nada,Ada\nada,Eve\n", ["line 3: ada is there already with another name"]),
        ("id\n.\na/b\n", ["line 2: the id is empty or begins", "line 3: the id has a slash"]),
        ("id,name\n,Ada\n", ["line 2: the id is empty"]),
        ("name\nAda\n", ["line 1: the first line must name the columns id"]),
    ],
)
def test_every_faulty_line_is_named(tmp_path, text, lines):
    with pytest.raises(RosterError) as found:
        roster(tmp_path, text)
    assert all(line in str(found.value) for line in lines)


@pytest.mark.parametrize("other", ["ада", "аda", "Ada", "adа", "а-д-а"])
def test_names_that_look_or_sound_alike_are_noticed(other):
    assert likenesses("ada") & likenesses(other)


@pytest.mark.parametrize("other", ["adam", "eda", "ида"])
def test_other_names_are_others(other):
    assert not likenesses("ada") & likenesses(other)


def test_a_roster_made_of_students_needs_no_file():
    people = Roster([Student("ada", team="x"), Student("bob", team="X")])
    assert people.team_of("bob") == ("ada", "bob") and [one.id for one in people] == ["ada", "bob"]


def test_the_example_is_a_roster():
    people = read_roster(ROOT / "docs" / "roster.csv")
    assert people.called("Countess of Lovelace") == {"ada"} and people.called("Wang Wei") == {"wei1", "wei2"}
    assert people.team_of("ada") == ("ada", "bob") and people.numbered("github", "wangw") == {"wei2"}
