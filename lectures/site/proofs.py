"""Theorems that count together, proofs and solutions that fold with the browser's own <details>.

They need no script, work by keyboard, and open when the page is searched. sphinx-proof 0.4.0 and sphinx-exercise 1.2.1
need repairs: the bodies of all theorems, of all exercises and of all solutions have the same id, and the domain of
theorems cannot be merged when Sphinx reads in parallel.
"""

from __future__ import annotations

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator
from sphinx_exercise.nodes import depart_solution_node, solution_node, visit_solution_node
from sphinx_proof.domain import ProofDomain


class proof(nodes.General, nodes.Element):  # noqa: N801
    """A proof: `folded` or open, `of` what."""


class Proof(SphinxDirective):
    """{prf:proof}, open or with `:class: dropdown` folded; an argument says of what."""

    has_content, optional_arguments, final_argument_whitespace = True, 1, True
    option_spec = {"class": directives.class_option, "label": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        node = proof(folded="dropdown" in self.options.get("class", []))
        node["of"] = self.arguments[0] if self.arguments else ""
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def visit_proof(self: HTML5Translator, node: nodes.Element) -> None:
    of = f" {self.encode(node['of'])}" if node["of"] else ""
    state = "" if node["folded"] else " open"
    self.body.append(f'<details class="proof"{state}><summary>Proof{of}</summary><div>')


def depart_details(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append("</div></details>\n")


def visit_solution(self: HTML5Translator, node: nodes.Element) -> None:
    node.pop(0)  # its title
    self.body.append(self.starttag(node, "details", CLASS="solution") + "<summary>Solution</summary><div>")


REPEATED = ("proof-content", "exercise-content", "solution-content")


class OneId(SphinxPostTransform):
    default_priority = 400

    def run(self, **kwargs: object) -> None:
        for section in self.document.findall(nodes.section):
            section["ids"] = [name for name in section["ids"] if name not in REPEATED]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(OneId)
    app.setup_extension("sphinx_proof")
    app.setup_extension("sphinx_exercise")
    app.add_directive_to_domain("prf", "proof", Proof, override=True)
    app.add_node(proof, html=(visit_proof, depart_details))
    ProofDomain.merge_domaindata = lambda self, docnames, other: None
    latex = (visit_solution_node, depart_solution_node)
    app.add_node(solution_node, override=True, html=(visit_solution, depart_details), latex=latex)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
