"""`make formgrader`: nbgrader's formgrader in a Jupyter server of its own, on this machine only.

Whoever marks reads what students wrote, in a browser that may also change marks. So this server holds the formgrader
and nothing else: no kernels, terminals or files, and none of the formgrader's buttons that would run a student's
notebook unprotected or overwrite what `make grade` made. Every page carries a content security policy under which only
the formgrader's own scripts run, MathJax comes from this machine, and what was rendered from Markdown passes
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
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbgrader.server_extensions.formgrader import handlers
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from tornado import web

from autograder.pages.sanitise import allowed_html

EXTENSION = "autograder.pages.formgrader_server"
FOLDER_VARIABLE = "DGM_GRADING_FOLDER"  # nbgrader_config.py reads it

# Made anew for every server: nothing that was handed in before can know it.
NONCE = secrets.token_urlsafe(24)
INLINE_HANDLERS = ("toggle_name(true);", "toggle_name(false);", "toggleAllNames()")  # the formgrader's own
MATHJAX = "/static/jupyter_server_mathjax/"

# Routes of the formgrader that run or replace things, which `make` does here.
REFUSED = r"/formgrader/api/.*/(?:assign|unrelease|release|collect|autograde|generate_feedback|release_feedback)/?"
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
    folder: Path, port: int, token: str | None = None, browser: bool = True
) -> tuple[list[str], dict[str, str]]:
    """The command line of the server for a folder with gradebook.db and autograded/, and its environment.

    Run it in the repository's folder. It listens on 127.0.0.1 alone and reads nobody's Jupyter configuration.
    """
    arguments = [
        *(sys.executable, "-m", "jupyter_server", "--allow-root", "--ip=127.0.0.1", f"--port={port}"),
        "--ServerApp.base_url=/",
        f"--ServerApp.root_dir={folder.resolve()}",
        f"--ServerApp.jpserver_extensions={{'{EXTENSION}': True, 'jupyter_server_mathjax': True}}",
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
    }
    return arguments, environment


class _Nonced(BaseLoader):
    """Templates whose own scripts carry the nonce, and which take MathJax from this server."""

    def __init__(self, inner: BaseLoader) -> None:
        self.inner = inner

    def get_source(self, environment: Environment, template: str) -> tuple:
        source, *rest = self.inner.get_source(environment, template)
        if template.endswith("mathjax.html.j2"):
            source = _MATHJAX_TEMPLATE
        return (re.sub(r"<script(?=[\s>])", f'<script nonce="{NONCE}"', source), *rest)


SPOKEN = (Path(__file__).parent / "templates" / "formgrader.js").read_text(encoding="utf-8")

# Configured by an object rather than by a script of type text/x-mathjax-config, which MathJax would have to evaluate.
_MATHJAX_TEMPLATE = f"""
{{%- macro mathjax(url="") -%}}
<style>
.rendered_html blockquote {{ background: #fff8e1; border-left: 4px solid #f0ad4e; padding: .6em 1em; font-size: 1em }}
.rendered_html table {{ margin: .5em 0; }} .rendered_html blockquote + table {{ background: #fff8e1; }}
.rendered_html blockquote + table :is(td, th):first-child {{ padding-left: 1em }}
.rendered_html th, .rendered_html td {{ padding: .15em .8em .15em 0; border-bottom: 1px solid #ddd }}
.rendered_html img, .output_png img {{ max-width: 100%; height: auto; }}
#trouble {{ position: sticky; top: 0; z-index: 2000; padding: .8em 1.2em; background: #b42336; color: #fff; }}
#trouble[hidden] {{ display: none; }}
</style>
<script>
{SPOKEN}
</script>
<script>
window.MathJax = {{
  tex2jax: {{inlineMath: [["$", "$"], ["\\\\(", "\\\\)"]], displayMath: [["$$", "$$"], ["\\\\[", "\\\\]"]],
            processEscapes: true, processEnvironments: true}},
  "HTML-CSS": {{availableFonts: [], webFont: "STIX-Web", imageFont: null, EqnChunk: 1000}},
  TeX: {{MAXMACROS: 1000, MAXBUFFER: 20000}},
  showMathMenu: false, showProcessingMessages: false, messageStyle: "none", displayAlign: "center",
  menuSettings: {{assistiveMML: false, explorer: false, zoom: "None"}},
}};
</script>
<script src="{MATHJAX}MathJax.js?config=TeX-AMS-MML_HTMLorMML-full,Safe"></script>
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
        """Markdown as HTML in which any HTML of the source is text."""
        cell = context.get("cell", {})
        renderer = IPythonRenderer(escape=True, attachments=cell.get("attachments", {}), exclude_anchor_links=True)
        return allowed_html(MarkdownWithMath(renderer=renderer).render(source))

    def from_filename(self, filename: str, resources: dict | None = None, **more: Any) -> tuple:
        """As nbconvert's; what the page shows besides the notebook, a student's name for instance, is escaped."""
        shown = {
            key: html.escape(value) if isinstance(value, str) else value for key, value in (resources or {}).items()
        }
        return super().from_filename(filename, resources=shown, **more)


class _Entrance(JupyterHandler):
    """nbgrader's own would take a path from the address and run the configuration file that lies there."""

    @web.authenticated
    def get(self) -> None:
        self.redirect(url_path_join(self.base_url, "formgrader/gradebook"))


class _Refused(APIHandler):
    """The buttons that run things: they say what to type instead."""

    @web.authenticated
    def post(self, *_: str) -> None:
        sentence = (
            "This is done by make here: `make grade` grades, in a sandbox, and never touches marks; `make release` and "
            "`make feedback` write the rest."
        )
        self.finish({"success": False, "error": sentence, "log": sentence})


class _Closed(JupyterHandler):
    async def prepare(self, *, _redirect_to_login: bool = True) -> None:
        raise web.HTTPError(403, "this server holds the formgrader and nothing else")


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": EXTENSION}]


def _load_jupyter_server_extension(app: Any) -> None:
    webapp = app.web_app
    policy = {"Content-Security-Policy": content_security_policy(), "Referrer-Policy": "no-referrer"}
    webapp.settings["headers"] = webapp.settings.get("headers", {}) | policy
    ours = [(r"/formgrader/?", _Entrance), (REFUSED, _Refused), (CLOSED, _Closed)]
    base = webapp.settings["base_url"]
    webapp.add_handlers(".*$", [(url_path_join(base, route), handler) for route, handler in ours])

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
