"""SVG figures of executed cells go into the page itself, with the page's colours: they follow dark mode, stay sharp."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from lectures.drawings import inlined


class Drawn(SphinxPostTransform):
    default_priority = 5  # before Sphinx collects the images to copy
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for number, image in enumerate(list(self.document.findall(nodes.image))):
            path = Path(self.app.srcdir, image["uri"])
            if path.suffix == ".svg" and "jupyter_execute" in path.parts:
                svg = inlined(path.read_text(encoding="utf-8"), image.get("alt", ""), f"f{number}")
                image.replace_self(nodes.raw("", svg, format="html"))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(Drawn)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
