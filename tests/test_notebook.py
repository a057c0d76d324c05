"""Reading submissions: every kind of broken file is one sentence, and no file raises anything else."""

import json
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.notebooks import Cell, Notebook, NotebookError, read_notebook, reading


def notebook_file(*cells, **fields):
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)} | fields).encode()


def code(source="x = 1", **fields):
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None} | fields


def text(source="words"):
    return {"cell_type": "markdown", "metadata": {}, "source": source}


MERGE_CONFLICT = notebook_file(code()).replace(b'"cells"', b'\n<<<<<<< HEAD\n"cells"')

MALFORMED = {
    "empty": (b"", "empty"),
    "spaces": (b" \n ", "empty"),
    "a brace": (b"{", "not valid JSON (line 1, column 2"),
    "cut off": (notebook_file(code())[:-20], "not valid JSON"),
    "python": (b"import torch\n", "is Python code, and no notebook"),
    "python with a comment first": (b"#!/usr/bin/env python\n# coding\n\nimport torch\n", "is Python code"),
    "a web page": (b"\n<!DOCTYPE html>\n<html>", "is a web page"),
    "a link": (b"[InternetShortcut]\nURL=https://colab.research.google.com/drive/1", "is a link"),
    "a bare link": (b"https://colab.research.google.com/drive/1\n", "is a link"),
    "a Git LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git LFS pointer"),
    "a PDF": (b"%PDF-1.7\n\xff", "is a PDF"),
    "a list": (b"[]", "holds a list"),
    "null": (b"null", "holds empty (null)"),
    "a number": (b"3", "holds a number"),
    "a text": (b'"cells"', "holds a text"),
    "no nbformat": (b'{"cells": []}', "does not say its format"),
    "nbformat is a text": (notebook_file(nbformat="4"), "does not say its format"),
    "nbformat is true": (notebook_file(nbformat=True), "does not say its format"),
    "nbformat 9": (notebook_file(nbformat=9), "format 9"),
    "nbformat 2": (notebook_file(nbformat=2), "format 2"),
    "nbformat 3 without worksheets": (b'{"nbformat": 3, "worksheets": 7}', "old format 3"),
    "UTF-16": (notebook_file(code()).decode().encode("utf-16"), "UTF-16"),
    "latin-1": (notebook_file().replace(b"{}", b'{"name": "\xe9"}'), "not UTF-8"),
    "a zip": (b"PK\x03\x04rest", "zip archive"),
    "merge markers": (MERGE_CONFLICT, "git merge markers (line 2)"),
    "no cells": (b'{"nbformat": 4, "metadata": {}}', "no list of cells"),
    "cells is an object": (notebook_file(cells={}), "no list of cells"),
    "cells is null": (notebook_file(cells=None), "no list of cells"),
    "a cell is a list": (notebook_file(code(), []), "cell 2 is a list"),
    "a cell is null": (notebook_file(None), "cell 1 is empty (null)"),
    "a cell is a number": (notebook_file(1.5), "cell 1 is a number"),
    "an unknown kind": (notebook_file({"cell_type": "rumour", "source": ""}), "cell 1 is neither code nor text"),
    "a kind that cannot be hashed": (notebook_file({"cell_type": [], "source": ""}), "neither code nor text"),
    "source is a number": (notebook_file(code(7)), "source of cell 1 is a number"),
    "source is null": (notebook_file(code(), code(None)), "source of cell 2 is empty (null)"),
    "source is a list of numbers": (notebook_file(code([1])), "source of cell 1 is a list"),
    "no source": (notebook_file({"cell_type": "code"}), "source of cell 1 is empty (null)"),
    "too many cells": (notebook_file(*[text()] * (reading.MAX_CELLS + 1)), f"more than {reading.MAX_CELLS}"),
    "too large": (b" " * (reading.MAX_BYTES + 1), "more than 20"),
    "deep nesting": (b"[" * 100_000, "nested too deeply"),
    "deep objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
    "a huge number": (b'{"nbformat": ' + b"9" * 10_000 + b"}", "cannot be read"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_notebook_is_one_sentence(name):
    data, sentence = MALFORMED[name]
    with pytest.raises(NotebookError) as caught:
        read_notebook(data)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


ODD = {
    "byte order mark": b"\xef\xbb\xbf" + notebook_file(code()),
    "NaN in the metadata": notebook_file(code(), metadata={"loss": float("nan")}),
    "duplicate ids": notebook_file(code(id="a"), text() | {"id": "a"}),
    "no ids, no metadata": notebook_file({"cell_type": "code", "source": "x = 1"}),
    "metadata is a list": notebook_file(code(metadata=[1])),
    "outputs is a number": notebook_file(code(outputs=3)),
    "source in lines": notebook_file(code(["x ", "= 1"])),
    "format 3": json.dumps(
        {
            "nbformat": 3,
            "nbformat_minor": 0,
            "metadata": {"name": ""},
            "worksheets": [{"metadata": {}, "cells": [{"cell_type": "code", "input": "x = 1", "language": "python"}]}],
        }
    ).encode(),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_notebook_that_jupyter_opens_is_read(name):
    assert read_notebook(ODD[name]).cells[0].source == "x = 1"


def test_the_last_of_duplicate_keys_counts_as_in_jupyter():
    data = b'{"nbformat": 4, "cells": [], "cells": [{"cell_type": "code", "source": "y"}]}'
    assert [cell.source for cell in read_notebook(data).cells] == ["y"]


def test_cells_are_counted_as_a_student_counts_them():
    notebook = read_notebook(notebook_file(text(), code(), {"cell_type": "raw", "source": ""}, code("y = 2")))
    assert [cell.label for cell in notebook.code] == ["cell 2", "cell 4"]
    assert [cell.kind for cell in notebook.cells] == ["markdown", "code", "raw", "code"]


def test_grade_ids_are_kept_where_they_are_texts():
    def with_id(grade_id):
        return code(metadata={"nbgrader": {"grade_id": grade_id}})

    notebook = read_notebook(
        notebook_file(with_id("made"), with_id(7), with_id("a" * 5000), code(metadata={"nbgrader": 1}))
    )
    assert [cell.grade_id for cell in notebook.cells] == ["made", None, "a" * reading.MAX_GRADE_ID, None]


def test_what_comes_out_can_always_be_written():
    source = notebook_file(code("x = '\\ud800'")).replace(b"\\\\ud800", b"\\ud800")
    [cell] = read_notebook(source).cells
    assert cell.source == "x = '\ufffd'"
    assert read_notebook(notebook_file(code("x = '\U0001f600'"))).cells[0].source == "x = '\U0001f600'"


def test_lines_end_as_python_ends_them():
    assert read_notebook(notebook_file(code("a\r\nb\rc"))).cells == (Cell(1, "code", "a\nb\nc"),)


# --- any file -----------------------------------------------------------------------------------------------------

PATIENTLY = settings(deadline=None)  # machines that grade are busy
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=string.printable + "\ud800é\0"),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)


def read_or_refuse(data):
    try:
        notebook = read_notebook(data)
    except NotebookError as error:
        assert str(error)
    else:
        assert isinstance(notebook, Notebook)
        for cell in notebook.cells:
            cell.source.encode()


@PATIENTLY
@given(st.binary())
def test_random_bytes_are_read_or_refused(data):
    read_or_refuse(data)


@PATIENTLY
@given(st.dictionaries(st.sampled_from(["cell_type", "source", "metadata", "outputs"]), VALUES), VALUES)
def test_random_cells_are_read_or_refused(fields, other):
    read_or_refuse(notebook_file(code() | fields, code(metadata={"nbgrader": other})))


@PATIENTLY
@given(st.integers(min_value=0), st.binary(max_size=6), st.integers(0, 6))
def test_mutated_notebooks_are_read_or_refused(place, patch, removed):
    data = notebook_file(text("a"), code("def f(x):\n    return x"), code("f(1)", outputs=[{"text": "1"}]))
    place %= len(data)
    read_or_refuse(data[:place] + patch + data[place + removed :])


@PATIENTLY
@given(st.sampled_from([3, 4]), st.dictionaries(st.sampled_from(["cells", "worksheets", "metadata"]), VALUES))
def test_random_documents_are_read_or_refused(version, fields):
    read_or_refuse(json.dumps({"nbformat": version} | fields).encode())
