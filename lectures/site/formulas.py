"""Mathematics as HTML and MathML at build time, by KaTeX in one Node process.

A formula that KaTeX rejects, a misspelt macro among them, is a warning with file and line: with `sphinx-build -W` it
fails the build. Readers need no script and no network: KaTeX's style sheet and fonts are copied into the site.
Where Node is missing, LECTURES_FORMULAS=source shows the formulas as they are written.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)
SERVER = r"""
const katex = require(process.argv[1]), macros = JSON.parse(process.argv[2]);
require('readline').createInterface({input: process.stdin}).on('line', line => {
  const {tex, display} = JSON.parse(line);
  let answer;
  try { answer = {html: katex.renderToString(tex, {displayMode: display, macros: {...macros}, strict: 'error'})}; }
  catch (error) { answer = {error: error.message}; }
  process.stdout.write(JSON.stringify(answer) + '\n');
});
"""


class KaTeX:
    """One Node process per process of Sphinx; each formula is rendered once."""

    def __init__(self, dist: Path, macros: dict[str, str]) -> None:
        self.dist, self.macros = dist, macros
        self.known: dict[tuple[str, bool], dict[str, str]] = {}
        self.owner, self.node = 0, None

    def __call__(self, tex: str, display: bool) -> dict[str, str]:
        """{"html": ...}, or {"error": what KaTeX says}."""
        if (tex, display) not in self.known:
            if self.owner != os.getpid():
                command = ["node", "-e", SERVER, str(self.dist / "katex.js"), json.dumps(self.macros)]
                pipe = subprocess.PIPE
                self.node = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8")
                self.owner = os.getpid()
                atexit.register(self.node.kill)
            self.node.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
            self.node.stdin.flush()
            self.known[tex, display] = json.loads(self.node.stdout.readline())
        return self.known[tex, display]


class Source:
    """The formula as it is written, for want of Node."""

    def __call__(self, tex: str, display: bool) -> dict[str, str]:
        quoted = tex.replace("&", "&amp;").replace("<", "&lt;")
        return {"html": f"<code>{quoted}</code>"}


def unnumbered(tex: str) -> str:
    """A display as KaTeX shall see it: Sphinx counts equations, and a line break needs an environment around it."""
    tex = re.sub(r"\\(begin|end)\{(align|gather|equation|multline)\}", r"\\\1{\2*}", tex).replace(
        "multline*", "gather*"
    )
    return rf"\begin{{aligned}}{tex}\end{{aligned}}" if r"\\" in tex and r"\begin" not in tex else tex


def _render(self: HTML5Translator, node: nodes.Element, display: bool) -> str:
    tex = node.astext().strip()
    answer = self.builder.app.katex(unnumbered(tex) if display else tex, display)
    if "error" in answer:
        logger.warning("KaTeX: %s", answer["error"], location=node, type="katex")
        return f'<code class="katex-error">{self.encode(tex)}</code>'
    return answer["html"]


def visit_inline(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append(self.starttag(node, "span", "", CLASS="math") + _render(self, node, False) + "</span>")
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(f'<div class="formula" tabindex="0">{_render(self, node, True)}</div>')  # scrolls by keyboard too
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def start(app: Sphinx) -> None:
    dist = Path(app.config.katex_dist)
    app.katex = KaTeX(dist, app.config.katex_macros) if app.config.katex_draws else Source()


def copy(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        target = Path(app.outdir, "_static/katex")
        (target / "fonts").mkdir(parents=True, exist_ok=True)
        if not app.config.katex_draws:
            (target / "katex.min.css").write_text("")
            return
        shutil.copy(Path(app.config.katex_dist, "katex.min.css"), target)
        for font in Path(app.config.katex_dist, "fonts").glob("*.woff2"):
            shutil.copy(font, target / "fonts")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("katex_dist", "", "", str)
    app.add_config_value("katex_draws", True, "env", bool)
    app.add_config_value("katex_macros", {}, "env", dict)
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_block, None))
    app.add_css_file("katex/katex.min.css")
    app.connect("builder-inited", start)
    app.connect("build-finished", copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
