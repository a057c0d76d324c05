"""The student notebook in a real JupyterLab, in a real browser: Run all goes to the end, and what it shows is friendly.

JupyterLab runs offline on 127.0.0.1 from a copy of what a student has. Pictures of the page go to build/screenshots.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from ports import free_port

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = Path("/usr/bin/chromium")
SCREENSHOTS = ROOT / "build" / "screenshots"
OFFLINE = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)

pytestmark = [
    pytest.mark.system("chromium"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no /usr/bin/chromium: install Debian's package chromium"),
]


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    """A folder with what a student has: homeworks/ and data/, without caches."""
    folder = tmp_path_factory.mktemp("student")
    skip = shutil.ignore_patterns("__pycache__", "cache", ".ipynb_checkpoints", "build", "*.egg-info")
    for name in ("homeworks", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    if not (folder / "homeworks" / "hw1" / "hw1.ipynb").exists():
        pytest.skip("homeworks/hw1/hw1.ipynb is not there: run `make release`")
    return folder


@pytest.fixture(scope="module")
def jupyter(student, tmp_path_factory):
    """The address of a JupyterLab in that folder, with a configuration of its own; stopped at the end."""
    private = tmp_path_factory.mktemp("jupyter")
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "IPYTHONDIR")
    environment = os.environ | {name: str(private / name.lower()) for name in (*places, "JUPYTERLAB_WORKSPACES_DIR")}
    environment |= {"JUPYTER_PLATFORM_DIRS": "1", "OMP_NUM_THREADS": "1", "MPLCONFIGDIR": str(private)}
    no_news = private / "jupyterlab_settings_dir" / "@jupyterlab" / "apputils-extension"
    no_news.mkdir(parents=True)
    (no_news / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    port = free_port()
    token = secrets.token_hex(16)
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ip=127.0.0.1", f"--port={port}", "--port-retries=0", f"--IdentityProvider.token={token}"),
        *(f"--ServerApp.root_dir={student}", "--LabApp.extension_manager=readonly"),
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    log = private / "log"
    with log.open("w") as stream:
        server = subprocess.Popen(
            command, cwd=student, env=environment, stdout=stream, stderr=stream, start_new_session=True
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/api?token={token}", server, log)
        yield f"http://127.0.0.1:{port}", token
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)  # its own session: the server and its kernels, nothing else
            raise
    # A kernel that outlived its server would still belong to the server's session.
    with pytest.raises(ProcessLookupError):
        _wait_until_gone(server.pid)


def _wait_for(address, server, log):
    for _ in range(200):
        if server.poll() is not None:
            pytest.fail(f"JupyterLab ended at once:\n{log.read_text()[-2000:]}")
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"JupyterLab did not answer:\n{log.read_text()[-2000:]}")


def _wait_until_gone(group):
    for _ in range(50):
        os.killpg(group, 0)
        time.sleep(0.1)


@pytest.fixture(scope="module")
def page(jupyter):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OFFLINE.split())
        context = browser.new_context(viewport={"width": 1400, "height": 1000})
        foreign = []
        context.on(
            "request", lambda request: foreign.append(request.url) if _is_foreign(request.url, jupyter) else None
        )
        page = context.new_page()
        page.set_default_timeout(30_000)
        yield page
        browser.close()
    assert not foreign, "the notebook asked for something from outside"


def _is_foreign(url, jupyter):
    return not url.startswith((jupyter[0], jupyter[0].replace("http", "ws"), "data:", "blob:", "about:"))


@pytest.fixture(scope="module")
def outputs(page, jupyter, student):
    """Run all cells and save; the cells' outputs as saved by JupyterLab, with the page left open."""
    address, token = jupyter
    page.goto(f"{address}/lab/tree/homeworks/hw1/hw1.ipynb?token={token}&reset")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.get_by_text("Python 3 (ipykernel)").first.wait_for()
    page.locator('[data-icon="ui-components:circle-empty"], [data-status="idle"]').first.wait_for(state="attached")
    _screenshot(page, "notebook_open")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    path = student / "homeworks" / "hw1" / "hw1.ipynb"
    deadline = time.monotonic() + 240
    while True:
        page.keyboard.press("Control+s")
        page.wait_for_timeout(1000)
        try:
            cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code" and cell.source.strip()]
        except nbformat.reader.NotJSONError:
            continue  # it is being saved
        if all(cell.execution_count for cell in cells) or time.monotonic() > deadline:
            return cells


def _screenshot(page, name):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def _screenshot_of(page, text, name):
    """Scroll to a text of the page and take a picture of what is around it."""
    place = page.locator(".jp-OutputArea-output", has_text=text).first
    place.wait_for(state="attached")
    place.evaluate("element => element.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(500)
    _screenshot(page, name)


def _errors(cells):
    return [(cell, output) for cell in cells for output in cell.outputs if output.output_type == "error"]


def _shown(cells):
    """The plain text of everything that was displayed."""
    return [output.data.get("text/plain", "") for cell in cells for output in cell.outputs if "data" in output]


def test_run_all_goes_to_the_end_past_the_failing_checks(outputs):
    assert len(outputs) > 20
    assert [cell.source for cell in outputs if not cell.execution_count] == []


def test_every_check_says_that_its_exercise_is_not_written_yet(outputs, page):
    checks = [cell for cell in outputs if cell.source.strip().startswith("check(")]
    assert len(checks) == 18
    for cell in checks:
        assert [output.get("ename") for output in cell.outputs] == [None, "ChecksFailed"], cell.source
        assert "not written yet" in cell.outputs[0].data["text/plain"], cell.source
    _screenshot_of(page, "public checks passed", "check_of_a_stub")


def test_cells_that_need_a_stub_show_one_friendly_line(outputs, page):
    friendly = [text for text in _shown(outputs) if text.startswith("Not written yet: ")]
    assert len(friendly) >= 5
    assert all('Come back when check("' in text and "\n" not in text for text in friendly)
    _screenshot_of(page, "Come back when", "not_written_yet")


def test_there_is_no_wall_of_red(outputs, page):
    for cell, error in _errors(outputs):
        assert len("\n".join(error.traceback).splitlines()) == 1, f"{cell.source}\n{error.ename}: {error.evalue}"
        assert error.ename in ("ChecksFailed", "DataError"), cell.source
    stderr = [output.text for cell in outputs for output in cell.outputs if output.get("name") == "stderr"]
    assert stderr == []


def test_the_digits_are_seen(outputs, page):
    pictures = [cell for cell in outputs for output in cell.outputs if "image/png" in output.get("data", {})]
    assert pictures, "no picture was drawn before the first stub"
    place = page.locator(".jp-OutputArea-output img").first
    place.evaluate("element => element.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(500)
    _screenshot(page, "digits")
