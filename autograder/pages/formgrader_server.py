"""`make formgrader`: nbgrader's formgrader in a Jupyter server of its own, on this machine only.

Whoever marks reads what students wrote, in a browser that may also change marks. So this server holds the formgrader
and nothing else: no kernels, terminals or files, and none of nbgrader's pages and buttons that would run a student's
notebook unprotected or overwrite what `make grade` made. Every page carries a content security policy under which only
the formgrader's own scripts run, formulas are MathML (`formulas`), and what was rendered from Markdown passes
`sanitise.allowed_html`.
"""

from __future__ import annotations

import base64
import hashlib
import html
import os
import re
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, FileSystemLoader, pass_context
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.utils import url_path_join
from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from tornado import web

from autograder.course import COURSE_FILE
from autograder.pages import marking_server
from autograder.pages.formgrader import ANSWER, KIND, RUBRIC
from autograder.pages.prose import prose
from autograder.pages.rendering import TEMPLATES

EXTENSION = "autograder.pages.formgrader_server"
FOLDER_VARIABLE = "DGM_GRADING_FOLDER"  # nbgrader_config.py reads it

# Made anew for every server: nothing that was handed in before can know it.
NONCE = secrets.token_urlsafe(24)
INLINE_HANDLERS = ("toggle_name(true);", "toggle_name(false);")  # the formgrader's own

# Routes of the formgrader that run or replace things, which `make` does here.
REFUSED = (
    r"/formgrader/api/(?:(?:assignment|student)/[^/]+|.*/(?:assign|unrelease|release|collect|autograde"
    r"|generate_feedback|release_feedback))/?"
)
# What else a Jupyter server offers. A student's file must neither run nor be shown as a page of this origin.
CLOSED = (
    r"/(?:api/(?:kernels|kernelspecs|sessions|terminals|contents|nbconvert)|files|nbconvert|view|edit|tree|lab)\b.*"
)


def content_security_policy() -> str:
    """What a browser may load and run on these pages: the formgrader's own files, and embedded pictures."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(handler.encode()).digest()).decode()}'"
        for handler in INLINE_HANDLERS
    )
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' 'nonce-{NONCE}' 'unsafe-hashes' {hashes}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'self'",
        ]
    )


def command(
    folder: Path, port: int, token: str | None = None, browser: bool = True, course_file: Path = COURSE_FILE
) -> tuple[list[str], dict[str, str]]:
    """The command line of the server for a folder with gradebook.db and autograded/, and its environment.

    Run it in the repository's folder. It listens on 127.0.0.1 alone and reads nobody's Jupyter configuration.
    """
    arguments = [
        *(sys.executable, "-m", "jupyter_server", "--allow-root", "--ip=127.0.0.1", f"--port={port}"),
        "--ServerApp.base_url=/",
        f"--ServerApp.root_dir={folder.resolve()}",
        f"--ServerApp.jpserver_extensions={{'{EXTENSION}': True}}",
        "--ServerApp.default_url=/formgrader/gradebook",
        "--ServerApp.terminals_enabled=False",
        f"--ServerApp.open_browser={browser}",
    ]
    if token is not None:
        arguments.append(f"--IdentityProvider.token={token}")
    private = tempfile.mkdtemp(prefix="formgrader-")
    environment = os.environ | {
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_RUNTIME_DIR": str(Path(private) / "runtime"),
        "JUPYTER_PLATFORM_DIRS": "1",
        FOLDER_VARIABLE: str(folder.resolve()),
        marking_server.COURSE_VARIABLE: str(course_file.resolve()),
    }
    return arguments, environment


class _Nonced(BaseLoader):
    """Templates whose own scripts carry the nonce, without MathJax, and whose fields take points in any locale."""

    def __init__(self, inner: BaseLoader) -> None:
        self.inner = inner

    def get_source(self, environment: Environment, template: str) -> tuple:
        source, *rest = self.inner.get_source(environment, template)
        if template.endswith("mathjax.html.j2"):
            source = _HEAD
        # A field of numbers gives nothing to the page where the browser's locale has another decimal sign.
        source = source.replace('type="number"', 'type="text" inputmode="decimal" autocomplete="off"')
        source = source.replace("(supports Markdown and MathJax)", "(Markdown, $formulas$)")
        source = source.replace('data-link="{{ resources.notebook_path }}"', "").replace("Open live notebook", "")
        return (re.sub(r"<script(?=[\s>])", f'<script nonce="{NONCE}"', source), *rest)


def _read(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


# In place of nbconvert's macro that loads MathJax: our styles, what is said in words, and as much of MathJax as
# nbgrader's script waits for.
_HEAD = f"""
{{%- macro mathjax(url="") -%}}
<style>
{_read("maths.css")}
{_read("formgrader.css")}
</style>
<script>
window.MathJax = {{Hub: {{Startup: {{signal: {{Interest: function (done) {{ setTimeout(done, 0, "End"); }}}}}}}}}};
{_read("formgrader.js")}
</script>
{{%- endmacro %}}
"""


class Exporter(HTMLExporter):
    """The formgrader's page of a submission, from a notebook that `autograder.pages.formgrader` wrote."""

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        environment.loader = _Nonced(environment.loader)
        return environment

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Markdown as HTML in which any HTML of the source is text, in a frame that says whose it is."""
        cell = context.get("cell", {})
        shown, kind = prose(source, cell.get("attachments")), cell.get("metadata", {}).get(KIND, "")
        return f'<div class="dgm-{kind}">{shown}</div>' if kind in (ANSWER, RUBRIC) else shown

    def from_filename(self, filename: str, resources: dict | None = None, **more: Any) -> tuple:
        """As nbconvert's; what the page shows besides the notebook, a student's name for instance, is escaped."""
        shown = {
            key: html.escape(value) if isinstance(value, str) else value for key, value in (resources or {}).items()
        }
        return super().from_filename(filename, resources=shown, **more)


class _Refused(APIHandler):
    """The buttons that run things: they say what to type instead."""

    @web.authenticated
    def post(self, *_: str) -> None:
        sentence = (
            "This is done by make here: `make grade` grades, in a sandbox, and never touches marks; `make release` and "
            "`make feedback` write the rest."
        )
        self.finish({"success": False, "error": sentence, "log": sentence})

    put = post


class _Closed(JupyterHandler):
    async def prepare(self, *, _redirect_to_login: bool = True) -> None:
        raise web.HTTPError(403, "this server holds the formgrader and nothing else")


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": EXTENSION}]


def _load_jupyter_server_extension(app: Any) -> None:
    webapp = app.web_app
    policy = {"Content-Security-Policy": content_security_policy(), "Referrer-Policy": "no-referrer"}
    webapp.settings["headers"] = webapp.settings.get("headers", {}) | policy
    base = webapp.settings["base_url"]
    refused = [(REFUSED, _Refused), (CLOSED, _Closed)]
    webapp.add_handlers(".*$", [(url_path_join(base, route), handler) for route, handler in refused])
    marking_server.add_handlers(webapp, NONCE)

    formgrader = FormgradeExtension(parent=app)
    formgrader.root_dir = app.root_dir
    formgrader.log = app.log
    formgrader.debug = False
    formgrader.initialize([])
    formgrader.init_tornado_settings(webapp)
    formgrader.init_handlers(webapp)
    webapp.settings["nbgrader_exporter"] = Exporter(config=formgrader.config)
    webapp.settings["nbgrader_jinja2_env"] = Environment(loader=_Nonced(FileSystemLoader([handlers.template_path])))
    webapp.settings["log_function"] = _after(webapp)


def _after(webapp: Any) -> Any:
    """What follows each request: leave the gradebook without an open transaction, whatever happened in it."""
    log = webapp.settings.get("log_function")

    def finish(handler: Any) -> None:
        if log is not None:
            log(handler)
        if (gradebook := webapp.settings.get("nbgrader_gradebook")) is not None:
            gradebook.db.rollback()  # `make grade` may write, and the next page reads what it wrote

    return finish
