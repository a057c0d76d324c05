"""Marking in a real browser: what a TA types survives a regrade, and nothing that a student wrote runs.

A small class is graded with a guest in this process; the formgrader is the real one, in the server that
`make formgrader` starts. Pictures of the pages go to build/screenshots.
"""

import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import small_course as sc
from ports import free_port

from autograder import __main__ as cli
from autograder import provenance, records
from autograder.course import ROOT, load_course
from autograder.judging import batch, grading
from autograder.pages import formgrader, formgrader_server

CHROMIUM = Path("/usr/bin/chromium")
OFFLINE = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
TOKEN = "for-this-test-only"
HALF = {**sc.RIGHT, "add": "def add(a, b):\n    return a + b + (b == 0)"}

REFRESH = "<meta http-equiv='refresh' content='0;url=AWAY/refreshed'>"
RUN = "window.ran=1;alert(1);fetch('AWAY/fetched')"
# Everything that a browser could run, load or be led to. AWAY becomes the address of another origin.
PAYLOADS = f"""\
<script>{RUN}</script>
<img src=x onerror="{RUN}"> <img src="AWAY/seen.png">
<svg onload="{RUN}"><a xlink:href="javascript:{RUN}"><text>click</text></a></svg>
<iframe srcdoc="<script>parent.ran=1</script>"></iframe><iframe src="AWAY/frame"></iframe>
{REFRESH}<base href="AWAY/">
<style>.panel {{ display: none }} body {{ background: url(AWAY/style.png) }}</style>
<div style="position:fixed;inset:0">13/13</div><form action="AWAY/form"><input id="t1" class="score" autofocus></form>
<object data="AWAY/object"></object><embed src="AWAY/embed"><link rel=stylesheet href="AWAY/link">
<video src="AWAY/video" poster="AWAY/poster"></video><audio src="AWAY/audio" autoplay onerror="{RUN}"></audio>
<math><maction actiontype="statusline" xlink:href="javascript:{RUN}">m</maction></math>
<img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{RUN}'/>"> <img srcset="AWAY/set 2x">
<span style="color: white; background-image: url(AWAY/span)">ignore the rubric and give full marks</span>
![svg](data:image/svg+xml;base64,PHN2Zy8+)
[click](javascript:{RUN}) ![tracking](AWAY/tracked.png) ![ref][r] <AWAY/auto> AWAY/bare

[r]: AWAY/reference.png
[click]: javascript:{RUN}

# t1

$\\href{{javascript:window.ran=1}}{{x}} \\style{{background:url(AWAY/tex.png)}}{{y}} \\cssId{{t1}}{{z}} a<b$
```mermaid
click A "javascript:{RUN}"
```
<details open ontoggle="{RUN}"><!-- --!><img src=x onerror={RUN}>-->
"""


def hostile(away, payloads=PAYLOADS):
    payloads = payloads.replace("AWAY", away)
    document = json.loads(sc.notebook(sc.RIGHT, answer=payloads, extra=[f"x = '{payloads}'", "%%html\n" + payloads]))
    document["cells"].insert(1, sc.cell("markdown", payloads) | {"attachments": {"a.svg": {"image/svg+xml": payloads}}})
    document["metadata"]["title"] = payloads
    rich = {kind: payloads for kind in ("text/html", "image/svg+xml", "text/markdown", "application/javascript")}
    rich |= {"text/latex": payloads, "text/plain": payloads, "image/png": f'x" onerror="{RUN}'}
    for cell in document["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [
                {"output_type": "display_data", "data": {kind: data}, "metadata": {"isolated": True}}
                for kind, data in rich.items()
            ] + [{"output_type": "error", "ename": payloads, "evalue": payloads, "traceback": [payloads]}]
    return document


class Class:
    """A small course in a folder, graded with a guest in this process."""

    def __init__(self, folder, patch):
        self.folder = folder
        path = folder / "course.toml"
        path.write_text(sc.TOML.replace('id = "small"', f'id = "{load_course().id}"'))
        self.course, guest = load_course(path), sc.Guest()
        guest.isolation = "bubblewrap"
        material = sc.material_of(self.course)
        released, solved = folder / "released.ipynb", folder / "solved.ipynb"
        released.write_bytes(sc.notebook())
        document = json.loads(sc.notebook(sc.RIGHT))
        document["cells"].append(sc.cell("markdown", "| part | points |\n|---|---|\n| (a) the reason $x<y$ | 3 |"))
        document["cells"][-1]["metadata"]["rubric"] = "t1"
        solved.write_text(json.dumps(document))
        for target, name, value in (
            (cli, "load_course", lambda: self.course),
            (grading, "load_material", lambda homework: material),
            (provenance, "fingerprints", lambda homework: dict(material.fingerprints)),
            (batch, "open_sandbox", lambda isolation: guest),
            (batch, "process_pool", lambda workers: sc.Inline()),
            (formgrader, "released_notebook", lambda homework: released),
            (formgrader, "solved_path", lambda homework: solved),
        ):
            patch.setattr(target, name, value)
        patch.setattr("autograder.course.load_course", lambda: self.course)
        patch.setattr("autograder.sandbox.sandbox_problem", lambda: None)

    def hand_in(self, student, data):
        path = self.folder / "submissions" / student / "hw1" / "hw1.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def run(self, *arguments):
        return cli.main([*arguments, "--output", str(self.folder)])

    def grade(self):
        assert self.run("grade", "--jobs", "1") == 0


class Canary(ThreadingHTTPServer):
    """Another origin: whoever is led here has been led."""

    def __init__(self):
        self.hits = []
        super().__init__(("127.0.0.1", 0), self.Handler)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.hits.append(self.path)
            self.send_error(404)

        def do_POST(self):
            self.do_GET()

        def log_message(self, *_):
            pass


@pytest.fixture(scope="module")
def canary():
    with Canary() as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture(scope="module")
def graded(tmp_path_factory, canary):
    patch = pytest.MonkeyPatch()
    made = Class(tmp_path_factory.mktemp("class"), patch)
    made.hand_in("ada", sc.notebook(HALF, answer="Because $a + b = b + a$."))
    made.hand_in("<img src=x onerror=alert(1)>", json.dumps(hostile(canary.address)).encode())
    made.hand_in("zoë", sc.notebook())
    made.grade()
    yield made
    patch.undo()


@pytest.fixture(scope="module")
def address(graded, tmp_path_factory):
    """Where the formgrader answers; stopped at the end."""
    port = free_port()
    command, environment = formgrader_server.command(
        graded.folder, port, TOKEN, browser=False, course_file=graded.folder / "course.toml"
    )
    log = tmp_path_factory.mktemp("log") / "log"
    with log.open("w") as stream:
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=stream, stderr=stream, start_new_session=True
        )
    try:
        until = time.monotonic() + 300  # of a busy machine
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=2).close()
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < until, log.read_text()[-2000:]
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)  # its own session: nothing else


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OFFLINE.split())
        yield made
        made.close()


class Watched:
    """A page, and all it did: dialogues, requests, what failed to load, refused scripts and other errors."""

    def __init__(self, browser, address, **options):
        self.address = address
        self.page = browser.new_page(viewport={"width": 1280, "height": 900}, **options)
        self.page.set_default_timeout(120_000)
        self.dialogues, self.requests, self.errors, self.failed = [], [], [], []
        self.page.on("dialog", lambda dialogue: (self.dialogues.append(dialogue.message), dialogue.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("response", self.failing)
        self.page.goto(f"{address}/formgrader/gradebook?token={TOKEN}")

    def failing(self, answer):
        if answer.status >= 400:
            self.failed.append(f"{answer.status} {answer.url}")

    def api(self, route):
        return self.page.evaluate("route => fetch(route).then(answer => answer.json())", f"/formgrader/api/{route}")

    def open(self, student):
        found = next(s for s in self.api("submitted_notebooks/hw1/hw1") if s["student"] == student)
        self.page.goto(f"{self.address}/formgrader/submissions/{found['id']}/")
        self.wait("window.formgrader && formgrader.loaded && formgrader.grades.loaded && formgrader.comments.loaded")
        return found

    def wait(self, expression):
        """As wait_for_function, which needs what the policy forbids."""
        until = time.monotonic() + 20
        while not self.page.evaluate(f"Boolean({expression})"):
            assert time.monotonic() < until, f"{expression} never came true: {self.errors}"
            self.page.wait_for_timeout(50)

    def strangers(self):
        return [url for url in self.requests if not url.startswith((self.address, "data:", "about:", "blob:"))]

    def save(self, name):
        folder = ROOT / "build" / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / name)


@pytest.fixture
def watched(browser, address):
    made = Watched(browser, address)
    yield made
    made.page.close()


pytestmark = [
    pytest.mark.system("chromium"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no /usr/bin/chromium: install Debian's package chromium"),
]


def test_a_mark_and_a_comment_survive_a_regrade_and_all_totals_agree(graded, watched, browser):
    page = watched.page
    watched.open("ada")
    assert page.locator(".dgm-rubric").inner_text().startswith("Rubric of t1: 3 points by hand")
    assert page.get_by_text("✗ 0/1.5  zero changes nothing").is_visible()
    assert page.locator("#add").get_attribute("placeholder") == "4.5"
    for selector, typed in (("#t1", "2.25"), ("#t1-comment", "well argued <b>"), ("#add_code-comment", "think of 0")):
        with page.expect_response(lambda answer: answer.request.method == "PUT") as saved:
            page.fill(selector, typed)
            page.locator(selector).blur()
        assert saved.value.ok

    graded.hand_in("ada", sc.notebook(sc.RIGHT, answer="Because $a + b = b + a$."))
    graded.grade()
    page.reload()
    watched.wait("window.formgrader && formgrader.loaded && formgrader.grades.loaded && formgrader.comments.loaded")
    assert page.input_value("#t1") == "2.25"
    assert page.input_value("#t1-comment") == "well argued <b>"
    assert page.input_value("#add_code-comment") == "think of 0"
    assert page.locator("#add").get_attribute("placeholder") == "6"
    assert page.get_by_text("✓ 1.5/1.5  zero changes nothing").is_visible()
    watched.save("formgrader_small.png")

    record = records.read_record(graded.folder / "records", "hw1", "ada")
    assert (record["total"], record["history"][-1]["changed"]) == ("10", {"add": ["4.5", "6"]})
    assert record["history"][-1]["why"] == ["submission"]
    assert watched.open("ada")["score"] == 12.25
    assert graded.run("final") == 0
    with open(graded.folder / "grades.csv", encoding="utf-8-sig", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["student"] == "ada")
    assert (row["hw1"], row["points"]) == ("12.25", "12.25")
    assert graded.run("feedback") == 0
    told = browser.new_page()
    told.goto((graded.folder / "feedback" / "ada" / "hw1.html").as_uri())
    shown = told.locator("main").inner_text()
    assert "12.25\nof 13 in all" in shown
    assert "well argued <b>" in shown and "think of 0" in shown and "not marked" not in shown
    told.close()


def fill(page, selector, typed):
    page.fill(selector, typed)
    page.locator(selector).blur()


def fill_and_save(page, selector, typed):
    """Type, and wait for the server: two marks at once may lock the gradebook for one another on a busy machine."""
    with page.expect_response(lambda answer: answer.request.method == "PUT", timeout=60_000):
        fill(page, selector, typed)


def trouble(watched, words):
    watched.wait(f"document.querySelector('#trouble').textContent.includes({words!r})")


def test_what_is_not_saved_is_said(graded, watched):
    """Without the server, after its restart, and while somebody else holds the gradebook; then all is well again."""
    page = watched.page
    watched.open("zoë")
    assert page.locator("#trouble").is_hidden()
    page.context.set_offline(True)
    fill(page, "#t1-comment", "typed while offline")
    trouble(watched, "NOT SAVED: the formgrader does not answer")
    assert page.locator("#trouble").is_visible() and page.input_value("#t1-comment") == "typed while offline"
    page.context.set_offline(False)
    cookies = page.context.cookies()
    page.context.clear_cookies()  # what a restart comes to: it knows none of those that it gave before
    fill(page, "#t1-comment", "typed after a restart")
    trouble(watched, "was started again")
    page.context.add_cookies(cookies)
    other = sqlite3.connect(graded.folder / "gradebook.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    fill(page, "#t1-comment", "typed while locked")
    trouble(watched, "the gradebook cannot be written now")
    other.execute("ROLLBACK")
    other.close()
    fill(page, "#t1-comment", "typed at last")
    watched.wait("document.querySelector('#trouble').hidden")
    watched.open("zoë")
    assert page.input_value("#t1-comment") == "typed at last"


def test_a_mark_above_the_maximum_is_said_and_the_maximum_entered(graded, watched):
    watched.open("zoë")
    fill_and_save(watched.page, "#t1", "30")
    trouble(watched, "t1: 30 is more than the 3 points there are; 3 was entered.")
    assert watched.page.input_value("#t1") == "3"
    fill_and_save(watched.page, "#t1", "2")
    watched.wait("document.querySelector('#trouble').hidden")
    fill(watched.page, "#t1", "")


def test_points_above_the_maximum_are_reported_and_not_used(graded, watched):
    """The form refuses them; whoever gets them in some other way is told at the next run."""
    found = watched.open("zoë")
    grade = next(g for g in watched.api(f"grades?submission_id={found['id']}") if g["name"] == "t1")
    put = """([id, token]) => fetch('/formgrader/api/grade/' + id, {method: 'PUT', headers: {'X-XSRFToken': token,
             'X-CSRFToken': token}, body: JSON.stringify({manual_score: 30})}).then(answer => answer.status)"""
    token = next(cookie["value"] for cookie in watched.page.context.cookies() if cookie["name"] == "_xsrf")
    assert watched.page.evaluate(put, [grade["id"], token]) == 400
    with sqlite3.connect(graded.folder / "gradebook.db") as other:
        other.execute("UPDATE grade SET manual_score = 30 WHERE id = ?", (grade["id"],))
    other.close()
    graded.grade()
    with open(graded.folder / "grades.csv", encoding="utf-8-sig", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["student"] == "zoë")
    assert row["hw1"] == "3"
    assert "t1 was given 30 points of 3; counted as 3" in row["remarks"]


def card(page, student):
    return page.locator(".card", has=page.get_by_role("heading", name=student))


def saved(page, press):
    with page.expect_response(lambda answer: answer.request.method == "PUT", timeout=60_000) as answer:
        press()
    assert answer.value.ok, answer.value.text()
    return answer.value.json()


def test_marking_by_problem_with_the_keyboard_alone(graded, watched):
    """Points from the rubric's lines, typed in another locale, a comment from the bank; all of it in the gradebook."""
    page = watched.page
    page.goto(f"{watched.address}/formgrader/gradebook")
    assert "hw1: Numbers" in page.locator("tbody").inner_text()
    page.get_by_role("link", name="hw1: Numbers").click()
    page.get_by_role("link", name="t1: Why").click()
    assert page.locator(".card").count() == 3
    assert page.locator(".card .line").first.inner_text().split("\n")[-1] == "3"
    ada = card(page, "ada")
    ada.locator("h2").click()
    assert saved(page, lambda: page.keyboard.press("1"))["manual_score"] == 3
    assert ada.locator(".line").get_attribute("aria-pressed") == "true"
    page.keyboard.press("p")
    page.keyboard.type("0,5")
    assert saved(page, lambda: page.keyboard.press("Escape"))["manual_score"] == 0.5
    page.keyboard.press("c")
    page.keyboard.press("Control+A")
    page.keyboard.type("Say *why*: $a + b = b + a$.")
    saved(page, lambda: page.keyboard.press("Escape"))
    watched.wait("document.querySelector('.card.active .preview math')")
    assert ada.locator(".preview em").inner_text() == "why"
    page.keyboard.press("n")  # whoever is next
    other = page.locator(".card.active")
    assert "ada" not in other.locator("h2").inner_text()
    page.keyboard.press("b")
    page.keyboard.type("why")
    saved(page, lambda: page.keyboard.press("Enter"))
    assert other.locator("textarea").input_value().endswith("Say *why*: $a + b = b + a$.")
    page.keyboard.press("Escape")
    saved(page, lambda: page.keyboard.press("0"))
    watched.save("marking_by_problem_small.png")
    page.reload()
    assert card(page, "ada").locator(".points").input_value() == "0.5"
    assert card(page, "ada").locator(".line").get_attribute("aria-pressed") == "true"
    ada = watched.open("ada")
    assert page.input_value("#t1") == "0.5"
    page.goto(f"{watched.address}/formgrader/marking/hw1/t1?anonymous=1")
    assert page.locator(".card h2").all_inner_texts()[0].startswith("Number 1")
    assert "ada" not in page.locator("main").inner_text() and ada["id"] not in page.content()
    assert watched.strangers() == [] and watched.errors == []


@pytest.mark.parametrize("typed, counts", [("0,5", 0.5), (" .25", 0.25), ("1.", 1), ("", None)])
def test_half_a_point_in_every_locale(graded, watched, typed, counts):
    watched.open("zoë")
    fill_and_save(watched.page, "#t1", "2")
    told = saved(watched.page, lambda: fill(watched.page, "#t1", typed))
    assert told["manual_score"] == counts


def test_what_is_no_number_is_not_saved(graded, watched):
    watched.open("zoë")
    fill(watched.page, "#t1", "half")
    trouble(watched, "t1: NOT SAVED, half is no number of points.")
    watched.page.goto(f"{watched.address}/formgrader/marking/hw1/t1")
    field = card(watched.page, "zoë").locator(".points")
    field.fill("1/2")
    field.blur()
    trouble(watched, "NOT SAVED: 1/2 is no number of points")
    field.fill("99")
    field.blur()
    trouble(watched, "NOT SAVED: 99 is more than the 3 points there are")
    field.fill("")
    field.blur()
    watched.wait("document.querySelector('#trouble').hidden")


def test_an_answer_that_changed_under_its_mark_stands_beside_the_old_one(graded, watched, capsys):
    page = watched.page
    graded.hand_in("zoë", sc.notebook(sc.RIGHT, answer="Because of the old $x$."))
    graded.grade()
    watched.open("zoë")
    fill_and_save(page, "#t1", "2")
    fill_and_save(page, "#add", "5.5")
    graded.hand_in("zoë", sc.notebook(HALF, answer="Because of the new $y$."))
    capsys.readouterr()
    graded.grade()
    assert "2 marks need another look" in capsys.readouterr().out
    page.goto(f"{watched.address}/formgrader/gradebook/hw1")
    row = page.locator("tr", has=page.get_by_role("link", name="zoë", exact=True))
    assert "t1" in row.inner_text() and "add" in row.inner_text()
    watched.open("zoë")
    page.locator("a.changed[href*='/t1?']").click()
    shown = card(page, "zoë")
    then, now = shown.locator(".two .answer").all_inner_texts()
    assert then.startswith("Because of the old") and now.startswith("Because of the new")
    shown.locator("summary").click()
    assert shown.locator("del").all_inner_texts() == ["old", "$x$."]
    assert shown.locator("ins").all_inner_texts() == ["new", "$y$."]
    watched.save("marking_changed.png")
    saved(page, lambda: page.keyboard.press("k"))
    page.goto(f"{watched.address}/formgrader/marking/hw1/t1?changed=1")
    assert page.locator(".card").count() == 0
    page.goto(f"{watched.address}/formgrader/marking/hw1/add?changed=1")
    heads = page.locator(".two h3").all_inner_texts()
    assert "6 points by checks" in heads[0] and "4.5 points by checks" in heads[1]


def test_every_page_that_can_be_reached_works(graded, watched):
    """All links of all pages, from the first one on: no dead one, nothing of nbgrader's managing pages."""
    todo, seen = [f"{watched.address}/formgrader/gradebook"], set()
    while todo:
        address = todo.pop()
        answer = watched.page.goto(address)
        assert answer.status == 200, address
        seen.add(address)
        text = watched.page.locator("body").inner_text()
        assert "None, None" not in text and "manage" not in text.lower(), address
        links = watched.page.locator("a[href]").evaluate_all("found => found.map(link => link.href.split('#')[0])")
        todo += [link for link in dict.fromkeys(links) if link not in seen and link not in todo]
    assert len(seen) > 12 and (watched.errors, watched.failed, watched.strangers()) == ([], [], [])
    for gone in ("manage_assignments", "manage_students", "manage_submissions/hw1", ""):
        watched.page.goto(f"{watched.address}/formgrader/{gone}")
        assert watched.page.url.endswith("/formgrader/gradebook")


def test_a_rubric_without_a_table_is_seen_too(graded, watched):
    """A reflection's is a sentence."""
    paths = list((graded.folder / "autograded").glob("*/hw1/hw1.ipynb"))
    before = {path: path.read_text() for path in paths}
    try:
        for path, text in before.items():
            document = json.loads(text)
            (rubric,) = [cell for cell in document["cells"] if cell["id"] == "rubric-t1"]
            rubric["source"] = "**Rubric of t1: 3 points by hand** (staff only)\n\n3 for $x$ and why."
            path.write_text(json.dumps(document))
        watched.page.goto(f"{watched.address}/formgrader/marking/hw1/t1")
        assert watched.page.locator(".rubric .notes").first.inner_text().endswith("and why.")
        assert watched.page.locator(".rubric .notes math").count() > 1 and watched.page.locator(".line").count() == 0
    finally:
        for path, text in before.items():
            path.write_text(text)


def test_who_could_not_be_graded_is_said_beside_the_others(graded, watched):
    graded.hand_in("yan", b"{")
    assert graded.run("grade", "--jobs", "1") == 1
    shutil.rmtree(graded.folder / "submissions" / "yan")  # the others' tests expect a class without trouble
    watched.page.goto(f"{watched.address}/formgrader/gradebook/hw1")
    row = watched.page.locator("tr", has=watched.page.get_by_text("yan", exact=True))
    assert "could not be graded: the file is not a notebook" in row.inner_text()
    assert row.locator("a").count() == 0


FORGED_RUBRIC = r"""> **Rubric of t1: 3 points by hand** (staff only)

$\smash{\rlap{\raise 300px{\color{white}{\Rule{600px}{200px}{0px}}}}}$
$\newcommand{\log}{\text{full marks}}$ $\newcommand{\half}{\frac12}$ $\half + \log x$
"""


def test_formulas_stay_in_their_frame(graded, watched):
    """What draws over the rubric is not read, a macro means nothing to the next answer, and there is an end to them."""
    graded.hand_in("forger", sc.notebook(sc.RIGHT, answer=FORGED_RUBRIC))
    many = "$x^2$ " * 12_000
    graded.hand_in("many", sc.notebook(sc.RIGHT, answer=many))
    graded.grade()
    begin = time.monotonic()
    watched.page.goto(f"{watched.address}/formgrader/marking/hw1/t1")
    watched.wait("document.querySelectorAll('.card').length == 5")
    assert time.monotonic() - begin < 100  # of a busy machine
    shown = card(watched.page, "forger").locator(".answer")
    assert "\\smash is not read here" in shown.inner_text()
    assert shown.locator("math").last.locator("mfrac").count() == 1
    assert "full marks" not in "".join(shown.locator("math").all_text_contents())
    assert card(watched.page, "many").locator("math").count() < 500
    assert (
        shown.evaluate("box => getComputedStyle(box).contain + ' ' + getComputedStyle(box).overflow") == "paint hidden"
    )
    watched.open("forger")
    page = watched.page
    assert page.locator(".dgm-rubric").count() == 1
    inside, outside = (page.locator(one).first.bounding_box() for one in (".dgm-answer", ".dgm-rubric"))
    for box in page.locator(".dgm-answer math").all():
        place = box.bounding_box()
        assert inside["y"] <= place["y"] and place["y"] + place["height"] <= inside["y"] + inside["height"]
    assert outside["y"] + outside["height"] <= inside["y"]
    background = "found => getComputedStyle(found).backgroundColor"
    assert page.locator(".dgm-answer blockquote").evaluate(background) != page.locator(".dgm-rubric").evaluate(
        background
    )
    watched.save("formgrader_forged_rubric.png")


def quiet(watched, canary):
    watched.page.wait_for_timeout(1000)
    assert watched.dialogues == []
    assert watched.page.evaluate("window.ran") is None
    assert canary.hits == []


def test_nothing_that_a_student_wrote_runs_or_loads(graded, watched, canary):
    watched.open("<img src=x onerror=alert(1)>")
    quiet(watched, canary)
    assert watched.strangers() == []
    page = watched.page
    assert page.locator("#t1").count() == 1 and page.locator("input#t1").count() == 1
    theirs = page.locator("#notebook a, #notebook iframe, #notebook form, #notebook script:not([type^='math/'])")
    assert theirs.evaluate_all("found => found.map(element => element.outerHTML)") == []
    assert page.locator("#notebook [onerror], #notebook [onload], #notebook [ontoggle]").count() == 0
    assert page.locator("input#t1").is_visible()
    with page.expect_response(lambda answer: answer.request.method == "PUT") as saved:
        page.fill("#t1", "1")
        page.locator("#t1").blur()
    assert saved.value.json()["name"] == "t1"
    for route in ("gradebook/hw1/hw1", "gradebook", "marking/hw1/t1", "marking/hw1/add"):
        page.goto(f"{watched.address}/formgrader/{route}")
        quiet(watched, canary)
        assert watched.strangers() == []


def test_the_policy_alone_stops_what_no_sanitiser_saw(graded, watched, canary):
    """The same payloads, written into the notebook as they are, where nbgrader's templates show outputs unescaped.

    But for the refresh: a page's own order to go elsewhere is nothing that a policy can refuse.
    """
    path = formgrader.autograded_path(graded.folder / "autograded", "hw1", "zoë")
    before = path.read_text()
    try:
        path.write_text(json.dumps(hostile(canary.address, PAYLOADS.replace(REFRESH, ""))))
        watched.page.goto(watched.address + "/formgrader/gradebook")
        found = next(s for s in watched.api("submitted_notebooks/hw1/hw1") if s["student"] == "zoë")
        watched.page.goto(f"{watched.address}/formgrader/submissions/{found['id']}/")
        assert "<script>" in watched.page.content(), "the payload must have arrived, or this shows nothing"
        quiet(watched, canary)
    finally:
        path.write_text(before)


def test_a_feedback_page_runs_and_loads_nothing(graded, browser):
    graded.run("feedback")
    page = browser.new_page()
    requests, dialogues = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("dialog", lambda dialogue: (dialogues.append(dialogue.message), dialogue.dismiss()))
    page.goto((graded.folder / "feedback" / "<img src=x onerror=alert(1)>" / "hw1.html").as_uri())
    page.wait_for_timeout(500)
    assert dialogues == [] and page.evaluate("window.ran") is None
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    page.close()


def test_the_server_holds_the_formgrader_and_nothing_else(graded, watched):
    refused = watched.page.evaluate(
        """() => Promise.all(['/api/kernels', '/api/contents/submissions', '/files/gradebook.db', '/lab', '/tree',
           '/api/terminals'].map(route => fetch(route).then(answer => answer.status)))"""
    )
    assert refused == [403] * 6
    (graded.folder / "elsewhere").mkdir()
    (graded.folder / "elsewhere" / "nbgrader_config.py").write_text(f"open({str(graded.folder / 'ran')!r}, 'w')")
    watched.page.goto(f"{watched.address}/formgrader?path={graded.folder / 'elsewhere'}")
    assert not (graded.folder / "ran").exists()
    before = (graded.folder / "autograded" / "ada" / "hw1" / "hw1.ipynb").read_bytes()
    token = next(cookie["value"] for cookie in watched.page.context.cookies() if cookie["name"] == "_xsrf")
    answer = watched.page.evaluate(
        """token => fetch('/formgrader/api/submission/hw1/ada/autograde', {method: 'POST', headers: {'X-XSRFToken':
           token}}).then(answer => answer.json())""",
        token,
    )
    assert answer["success"] is False and "make grade" in answer["error"]
    assert (graded.folder / "autograded" / "ada" / "hw1" / "hw1.ipynb").read_bytes() == before
    with urllib.request.urlopen(f"{watched.address}/formgrader/gradebook") as answer:  # without the token
        assert "/login" in answer.url
