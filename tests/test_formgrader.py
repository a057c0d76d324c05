"""What the formgrader shows of a submission: nothing lost, nothing live, everything where a TA looks for it."""

import base64
import json

import nbformat
import pytest
import small_course as sc

from autograder.judging import grading
from autograder.pages import formgrader, sanitise

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture
def show(tmp_path, monkeypatch):
    course = sc.course_in(tmp_path)
    released, solved = tmp_path / "released.ipynb", tmp_path / "solved.ipynb"
    released.write_bytes(sc.notebook())
    document = json.loads(sc.notebook(sc.RIGHT))
    document["cells"].append(sc.cell("markdown", "| (a) | the reason | 3 |") | {"metadata": {"rubric": "t1"}})
    solved.write_text(json.dumps(document))
    monkeypatch.setattr(formgrader, "released_notebook", lambda homework: released)
    monkeypatch.setattr(formgrader, "solved_path", lambda homework: solved)

    def run(data):
        data = json.dumps(data).encode() if isinstance(data, dict) else data
        record = grading.grade_submission(data, sc.material_of(course), 7, sc.Guest()) | {"student": "ada"}
        folder = tmp_path / "autograded"
        own = formgrader.write_autograded(folder, course.homework("hw1"), record, data)
        assert own == formgrader.own(folder, course.homework("hw1"), "ada")
        run.own = own
        path = formgrader.autograded_path(folder, "hw1", "ada")
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        return notebook.cells

    run.folder = tmp_path / "autograded"
    return run


def named(cells, name):
    (found,) = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name]
    return found


def texts(cells):
    return "\n".join(cell.source for cell in cells)


def test_sources_checks_and_rubric_stand_where_they_belong(show):
    cells = show(sc.notebook({**sc.RIGHT, "add": "def add(a, b):\n    return a"}, answer="Because."))
    order = [cell.metadata.get("nbgrader", {}).get("grade_id") or cell.id for cell in cells]
    assert order.index("rubric-t1") == order.index("t1") - 1
    assert "the reason" in cells[order.index("rubric-t1")].source
    assert named(cells, "t1").source == "Because."
    assert named(cells, "add_code").source == "def add(a, b):\n    return a"
    (verdict,) = named(cells, "add").outputs
    assert verdict.text.startswith("1.5 of 6 points")
    assert "✗ 0/3  small numbers add up\n    failed: 2 + 3 is something else" in verdict.text
    assert "hint: count on your fingers" in verdict.text
    assert named(cells, "add").metadata.nbgrader.locked is False  # as released in this small course


def test_nothing_that_the_student_wrote_is_lost(show):
    document = json.loads(sc.notebook(sc.RIGHT, extra=["helper = 3"]))
    document["cells"].insert(2, sc.cell("markdown", "More of my answer."))
    document["cells"].insert(0, sc.cell("code", "before = 1"))
    document["cells"].append(json.loads(json.dumps(document["cells"][4])) | {"source": "def add(a, b):\n    return 0"})
    cells = show(document)
    for text in ("More of my answer.", "helper = 3", "before = 1", "def add(a, b):\n    return 0"):
        assert text in texts(cells)
    sources = [cell.source for cell in cells]
    assert sources.index("before = 1") < sources.index("# Numbers") < sources.index("More of my answer.")
    assert named(cells, "add_code").source == sc.RIGHT["add"], "the first of two that claim a name"


def test_without_metadata_cells_are_found_by_what_they_define_and_where_they_stand(show):
    document = json.loads(sc.notebook({**sc.RIGHT, "twice": "def twice(a:\n    return"}, answer="Because."))
    for cell in document["cells"]:
        cell["metadata"] = {}
        cell.pop("id")
    cells = show(document)
    assert named(cells, "add_code").source == sc.RIGHT["add"]
    assert named(cells, "twice_code").source == "def twice(a:\n    return"
    assert named(cells, "t1").source == "Because."


def test_what_a_student_wrote_into_a_text_of_ours_is_shown_behind_it(show):
    document = json.loads(sc.notebook(sc.RIGHT))
    document["cells"][0]["source"] = "# Numbers\n\nMy answer is <b>here</b>."
    cells = show(document)
    sources = [cell.source for cell in cells]
    assert "# Numbers" in sources and "# Numbers\n\nMy answer is < b>here< /b>." in sources
    assert "wrote into the cell above" in texts(cells)


def test_a_missing_answer_is_said_to_be_missing(show):
    document = json.loads(sc.notebook(sc.RIGHT))
    del document["cells"][1]
    cells = show(document)
    assert "not in what was handed in" in texts(cells)
    assert named(cells, "t1").source == "**Your answer.**"


def test_metadata_of_the_student_s_counts_for_nothing(show):
    document = json.loads(sc.notebook(sc.RIGHT, answer="Because."))
    for cell in document["cells"]:
        if nbgrader := cell["metadata"].get("nbgrader"):
            nbgrader["points"] = 1000
    document["cells"].append(sc.cell("markdown", "x", grade_id='t9" onclick="x', grade=True, points=50))
    cells = show(document)
    assert named(cells, "t1").metadata.nbgrader.points == 3
    assert {c.metadata.nbgrader.grade_id for c in cells if "nbgrader" in c.metadata} == {
        "t1",
        "add_code",
        "add",
        "twice_code",
        "twice",
    }


def test_outputs_are_text_and_pictures_and_no_more(show):
    document = json.loads(sc.notebook(sc.RIGHT, extra=["plot()"]))
    document["cells"][-1]["outputs"] = [
        {"output_type": "display_data", "data": {"text/html": "<b>x</b>", "text/plain": "a figure"}, "metadata": {}},
        {"output_type": "display_data", "data": {"image/png": PIXEL, "text/html": "<i>"}, "metadata": {"a": 1}},
        {"output_type": "display_data", "data": {"image/png": "PHNjcmlwdD4="}, "metadata": {}},
        {"output_type": "stream", "name": "stdout", "text": ["\x1b[31mred\x1b[0m\x1b]52;c;aGk=\x07", "x" * 10**6]},
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[1mline\x1b[0m"]},
        "nonsense",
        {"output_type": "stream", "text": 3},
    ] + [{"output_type": "stream", "name": "stdout", "text": f"{i}"} for i in range(100)]
    cells = show(document)
    outputs = next(cell for cell in cells if cell.source == "plot()").outputs
    assert outputs[0].text == "a figure"
    assert outputs[1].data == {"image/png": PIXEL} and outputs[1].metadata == {}
    assert outputs[2].text.startswith("redx") and len(outputs[2].text) < 5_000
    assert outputs[3].text == "line"
    assert len(outputs) == formgrader.MOST_OUTPUTS + 1
    assert "html" not in json.dumps(outputs) and "\x1b" not in json.dumps(outputs)
    assert show.own.plots == (PIXEL,)


def test_pasted_pictures_stay_and_other_attachments_go(show):
    document = json.loads(sc.notebook(sc.RIGHT, answer="![mine](attachment:my%20photo.png) ![x](attachment:a.svg)"))
    document["cells"][1]["attachments"] = {
        "my photo.png": {"image/png": PIXEL},
        "a.svg": {"image/svg+xml": "<svg onload=alert(1)>"},
    }
    answer = named(show(document), "t1")
    assert answer.attachments == {"picture-1": {"image/png": sanitise.pasted("image/png", PIXEL)}}
    assert "![mine](attachment:picture-1)" in answer.source and "](attachment:a.svg)" not in answer.source


@pytest.mark.parametrize("data", [b"", b"{", b"[]"])
def test_what_cannot_be_read_is_shown_with_its_reason(show, data):
    cells = show(data)
    assert "Could not be graded" in cells[0].source
    assert "not graded" in named(cells, "add").outputs[0].text


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("<script>alert(1)</script>", "<s"),
        ("<!-- hidden -->", "<!"),
        ("</div><?php ?>", "</"),
        ("[x](javascript:alert(1))", "]("),
        ("![x](http://a.b/c.png)", "]("),
        ("[x]: javascript:alert(1)", "]:"),
        ("<http://a.b>", "<h"),
        (r"$\href{javascript:x}{y}$", r"\href"),
        (r"$\require{html}\style{color:red}{y}$", r"\style"),
        ("zero\u200bwidth \u202eback", "\u202e"),
        ("![x](attachment:nothing.png)", "](attachment"),
        ("x" * 10**6, "x" * 60_000),
    ],
)
def test_inert_markdown(text, gone):
    assert gone not in sanitise.inert_markdown(text)


@pytest.mark.parametrize(
    "text", ["$a<b$ and $c < d$", "a **b** `c`", r"$\hrefx \frac{a}{b}$", "- [ ] task\n\n| a |\n|---|"]
)
def test_honest_markdown_is_hardly_changed(text):
    assert sanitise.inert_markdown(text).replace("< b", "<b") == text


def test_rendered_html_keeps_only_what_is_allowed():
    html = '<h1 id="t1">a</h1><a href="http://x">b</a><img src="http://x"><img src="data:image/svg+xml;base64,x">'
    html += '<p style="x" onclick="y" class="score">c</p><script>d</script><span class="kn">e</span>'
    shown = sanitise.allowed_html(html)
    assert shown == '<h1>a</h1>b<img><img><p>c</p>d<span class="kn">e</span>'


def test_pictures_are_pictures():
    def header(width, height):
        size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
        return base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + size + bytes(9)).decode()

    assert sanitise.picture("image/png", PIXEL) == PIXEL
    assert sanitise.picture("image/png", [PIXEL[:20], PIXEL[20:]]) == PIXEL
    assert sanitise.picture("image/png", header(100, 100))
    for data in (header(10**5, 10**5), header(0, 3), "####", 'x" onerror="y', None, 3, "iVBOR" * 10**6):
        assert sanitise.picture("image/png", data) is None
    assert sanitise.picture("image/svg+xml", PIXEL) is None
    assert sanitise.picture("image/jpeg", PIXEL) is None


def segment(marker, content=b""):
    return b"\xff" + bytes([marker]) + (len(content) + 2).to_bytes(2, "big") + content


def jpeg_frame(width, height, marker=0xC0):
    return segment(marker, b"\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big") + b"\1\1\x11\0")


def jpeg(*segments, end=b"\xff\xd9"):
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0") + b"".join(segments) + end


JPEG_SCAN = segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\0\x34\xff\xd0\x56"
PREVIEW = segment(0xE1, b"Exif\0\0" + jpeg(jpeg_frame(60_000, 60_000), JPEG_SCAN))


@pytest.mark.parametrize(
    "data",
    [
        jpeg(jpeg_frame(100, 100), JPEG_SCAN),
        jpeg(PREVIEW, jpeg_frame(4_000, 4_000, 0xC2), segment(0xC4, b"\0" * 9), *[JPEG_SCAN] * 10),
        jpeg(jpeg_frame(100, 100), JPEG_SCAN) + jpeg(jpeg_frame(60_000, 60_000), JPEG_SCAN),  # a telephone's second one
    ],
)
def test_jpegs_of_an_honest_size_are_shown(data):
    text = base64.b64encode(data).decode()
    assert sanitise.picture("image/jpeg", text) == text


@pytest.mark.parametrize(
    "data",
    [
        jpeg(jpeg_frame(65_000, 65_000), JPEG_SCAN),
        jpeg(jpeg_frame(65_000, 65_000, 0xC2), JPEG_SCAN),
        jpeg(jpeg_frame(0, 100), JPEG_SCAN),
        jpeg(jpeg_frame(100, 100), jpeg_frame(65_000, 65_000), JPEG_SCAN),
        jpeg(jpeg_frame(100, 100), JPEG_SCAN, jpeg_frame(65_000, 65_000), JPEG_SCAN),
        jpeg(jpeg_frame(100, 100), JPEG_SCAN, segment(0xFE, b"\xff\xd9"), jpeg_frame(65_000, 65_000), JPEG_SCAN),
        jpeg(jpeg_frame(100, 100), *[JPEG_SCAN] * 200),
        jpeg(jpeg_frame(100, 100), *[segment(0xFE)] * 2_000, JPEG_SCAN),
        jpeg(JPEG_SCAN),
        jpeg(jpeg_frame(100, 100), JPEG_SCAN, end=b""),
        jpeg(b"\xff\xff", jpeg_frame(100, 100), JPEG_SCAN),
        jpeg(),
        b"\xff\xd8\xff",
        jpeg(jpeg_frame(100, 100))[:12],
    ],
)
def test_jpegs_that_claim_too_much_or_say_it_twice_are_not(data):
    assert sanitise.picture("image/jpeg", base64.b64encode(data).decode()) is None


def test_what_a_student_wrote_is_found_where_it_is_defined_last(show):
    moved = ["x = 1", "def add(a, b):\n    return b + a", "add(1, 2)\naddition = 3"]
    show(sc.notebook(sc.RIGHT, answer="Because $x$.", extra=moved))
    assert show.own.exercises == {"add": moved[1], "twice": sc.RIGHT["twice"]}
    assert show.own.theory["t1"][0] == "Because $x$."
