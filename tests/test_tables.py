"""Tables as spreadsheets write them: one reader, whatever the separator, the encoding and the case of the header."""

from fractions import Fraction
from pathlib import Path

import pytest

from autograder.tables import TableError, number, parse_table, read_table

COLUMNS = {"id": ("student",), "points": ("score",)}
PLAIN = "id,points\nзоя,1\n"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-le"),
        PLAIN.encode("utf-16-be"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode("utf-16"),
        ("sep=;\r\n" + PLAIN.replace(",", ";")).encode("utf-8-sig"),
        ("sep=,\n" + PLAIN).encode(),
        '" ID ","Points"\n"зоя "," 1"\n\n,\n'.encode(),
        "Student,Room,SCORE,,\nзоя,7,1,,\n".encode(),
        "\n\nid,points\nзоя,1,,\n".encode(),
        '"id, or what?",student,points\n"a,b;c",зоя,1\n'.encode(),
    ],
)
def test_what_spreadsheets_write_is_understood(data):
    table = parse_table(data, Path("t.csv"), COLUMNS, ["id", "points"])
    assert [(table.get(row, "id"), table.get(row, "points")) for row in table.rows] == [("зоя", "1")]


def test_an_encoding_is_said_and_never_guessed():
    """What cp1251 calls зоя is a name in cp1252 as well: nobody can tell, so the reader has to be told."""
    data = PLAIN.encode("cp1251")
    with pytest.raises(TableError, match="line 2: cannot be read as UTF-8.*ENCODING="):
        parse_table(data, Path("t.csv"), COLUMNS)
    table = parse_table(data, Path("t.csv"), COLUMNS, encoding="cp1251")
    assert table.get(table.rows[0], "id") == "зоя"
    with pytest.raises(TableError, match="no encoding 'klingon'"):
        parse_table(data, Path("t.csv"), COLUMNS, encoding="klingon")


def test_every_faulty_line_is_named():
    data = b"id,points\nada,1\nbob\ncyd,1,2\ndan,4\n"
    with pytest.raises(TableError) as found:
        parse_table(data, Path("t.csv"), COLUMNS)
    assert "t.csv, line 3: has 1 fields" in str(found.value) and "t.csv, line 4: has 3 fields" in str(found.value)
    many = b"id,points\n" + b"x\n" * 50
    with pytest.raises(TableError, match="and 30 more lines"):
        parse_table(many, Path("t.csv"), COLUMNS)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "line 1: the first line must name the columns id and points"),
        (b"sep=;\n", "line 2: the first line must name"),
        (b"id\nada\n", "look at points"),
        (b"id,points,SCORE\nada,1,2\n", "points is there as 'points', 'SCORE'"),
        (b'id,points\n"ada,1\n', "line 2: is not CSV"),
    ],
)
def test_what_is_no_such_table(data, says):
    with pytest.raises(TableError, match=says):
        parse_table(data, Path("t.csv"), COLUMNS, ["id", "points"])


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(TableError, match="there is no"):
        read_table(tmp_path / "t.csv", COLUMNS)
    with pytest.raises(TableError, match="cannot be read: Is a directory"):
        read_table(tmp_path, COLUMNS)


@pytest.mark.parametrize(
    ("text", "value"),
    [("0,5", "1/2"), ("0.5", "1/2"), (" 25,50 ", "51/2"), ("7", "7"), ("-1", "-1"), ("+3", "3"), ("1e1", "10")],
)
def test_half_a_point_in_every_locale(text, value):
    assert number(text) == Fraction(value)


@pytest.mark.parametrize(
    "text", ["", "many", "1.000,5", "1,000,5", "1_0", "٣", "nan", "inf", "1e400000", "1e-30", "5 5"]
)
def test_what_is_no_number(text):
    assert number(text) is None
