"""What people wrote in Markdown, as HTML that a page may show: a student's answer, a rubric, a marker's comment."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.pages.formulas import Scope
from autograder.pages.sanitise import allowed_html

# A formula in a line, and what has to stay beside it: a browser may break the line behind any formula.
CLOSED = re.compile(r"""(<math display="inline"(?:(?!</math>).)*</math>)([-.,:;!?)\]’”"'…]+)""", re.DOTALL)


class _Renderer(IPythonRenderer):
    """Formulas as MathML, with the macros of this text alone; HTML of the source is text."""

    def __init__(self, attachments: Mapping[str, Any]) -> None:
        super().__init__(escape=True, attachments=dict(attachments), exclude_anchor_links=True)
        self.scope = Scope()

    def inline_math(self, body: str) -> str:
        return self.scope.html(body)

    def block_math(self, body: str) -> str:
        return self._displayed(body)

    def latex_environment(self, name: str, body: str) -> str:
        return self._displayed(rf"\begin{{{name}}}{body}\end{{{name}}}")

    def _displayed(self, tex: str) -> str:
        """A formula on its own line, in a box that can be scrolled: a wide one is not cut."""
        return f'<span class="eq">{self.scope.html(tex, display=True)}</span>'

    def block_mermaidjs(self, code: str) -> str:
        return f"<pre>{html.escape(code)}</pre>"


def prose(source: str, attachments: Mapping[str, Any] | None = None) -> str:
    """Markdown as HTML without links, ids, styles or scripts; `attachments` as in a notebook's cell.

    A picture that is not there is left out.
    """
    from nbconvert.filters.markdown_mistune import InvalidNotebook

    try:
        shown = allowed_html(MarkdownWithMath(renderer=_Renderer(attachments or {})).render(source))
        return CLOSED.sub(r'<span class="together">\1\2</span>', shown)
    except InvalidNotebook:  # a name that is not among the attachments
        return f"<pre>{html.escape(source)}</pre>"
