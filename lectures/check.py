"""What the build cannot see in the finished site.

Without a browser: links lead to a page and an id that exist, ids differ, pictures have a text, nothing is loaded from
elsewhere. In chromium: no request leaves the site, no error is logged, no page is wider than a phone, every explorer
answers to the keyboard, and axe finds nothing.
"""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lectures.environment import AXE, PATIENCE

VIEWS = (("desktop", 1280, "light"), ("desktop", 1280, "dark"), ("phone", 390, "light"))
IGNORED = ("Got invalid theme mode",)  # what pydata-sphinx-theme logs on a first visit
# A formula is a hundred elements that are hidden from readers, beside MathML that is not; a drawing has its label.
AXE_CONTEXT = {"exclude": [[".katex-html"], ["svg"]]}
AXE_OPTIONS = {
    "preload": False,
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa"],
    # docutils marks up the bibliography with roles that were withdrawn later
    "rules": {"aria-deprecated-role": {"enabled": False}, "aria-required-children": {"enabled": False}},
}


class Page(HTMLParser):
    """Ids, links, loaded files and wordless pictures of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.wordless = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(given["id"])
        if given.get("href"):
            (self.loads if tag == "link" and given.get("rel") == "stylesheet" else self.links).append(given["href"])
        if given.get("src"):
            self.loads.append(given["src"])
        picture = tag == "img" or (tag == "svg" and given.get("role") == "img")
        if picture and not (given.get("alt") or given.get("aria-label")):
            self.wordless += 1


def pages(root: Path) -> dict[Path, Page]:
    files = sorted(path for path in root.glob("**/*.html") if "_static" not in path.parts)
    return {path: Page(path.read_text(encoding="utf-8")) for path in files}


def wrong_in_text(found: dict[Path, Page]) -> list[str]:
    """A sentence for everything that is wrong in the pages as text."""
    wrong = []
    for file, page in found.items():
        wrong += [f"{file.name}: the id {name} is there twice" for name in sorted(_twice(page.ids))]
        wrong += [f"{file.name}: {page.wordless} pictures without a text"] if page.wordless else []
        for link in [*page.links, *page.loads]:
            url = urlsplit(link)
            if url.scheme or url.netloc:
                wrong += [f"{file.name}: loads {link}"] if link in page.loads and url.scheme != "data" else []
                continue
            target = (file.parent / unquote(url.path)).resolve() if url.path else file
            if not target.exists():
                wrong.append(f"{file.name}: {link} leads nowhere")
            elif url.fragment and target in found and unquote(url.fragment) not in found[target].ids:
                wrong.append(f"{file.name}: {link} leads to no place on that page")
    return wrong


def wrong_in_browser(files: list[Path], chromium: str) -> list[str]:
    """A sentence for everything that is wrong when the pages are opened."""
    from playwright.sync_api import TimeoutError as LoadingTooLongError
    from playwright.sync_api import sync_playwright

    wrong: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for file in files:
            for view, width, scheme in VIEWS:
                where = f"{file.name} ({view}, {scheme})"
                page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
                _listen(page, where, wrong)
                try:
                    page.goto(file.as_uri(), timeout=1000 * PATIENCE)
                except LoadingTooLongError:
                    wrong.append(f"{where}: not loaded after {PATIENCE} seconds")
                    continue
                page.wait_for_timeout(150)
                if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                    wrong.append(f"{where}: wider than the window")
                if view == "desktop":
                    wrong += [f"{where}: {sentence}" for sentence in _axe(page)]
                wrong += [f"{where}: {sentence}" for sentence in _explorers(page)]
                page.close()
        browser.close()
    return wrong


def _listen(page: object, where: str, wrong: list[str]) -> None:
    def asked(request: object) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            wrong.append(f"{where}: asks for {request.url}")

    def logged(message: object) -> None:
        if message.type == "error" and not message.text.startswith(IGNORED):
            wrong.append(f"{where}: {message.text}")

    page.on("request", asked)
    page.on("console", logged)
    page.on("pageerror", lambda error: wrong.append(f"{where}: {error}"))


def _axe(page: object) -> list[str]:
    if not AXE.exists():
        return []
    page.add_script_tag(path=AXE)
    found = page.evaluate(f"axe.run({json.dumps(AXE_CONTEXT)}, {json.dumps(AXE_OPTIONS)})")["violations"]
    return [f"axe {rule['id']}: {node['html'][:100]}" for rule in found for node in rule["nodes"]]


def _explorers(page: object) -> list[str]:
    """Every slider moves with the arrow keys, and the picture or a number moves with it."""
    wrong = []
    for figure in page.query_selector_all("figure.explorer"):
        title = figure.query_selector("figcaption").inner_text()
        for slider in figure.query_selector_all("input"):
            before = figure.inner_html(), slider.input_value()
            slider.focus()
            page.keyboard.press("ArrowRight" if before[1] != slider.get_attribute("max") else "ArrowLeft")
            if slider.input_value() == before[1] or figure.inner_html() == before[0]:
                wrong.append(f"the explorer “{title}” does not answer to the arrow keys")
    return wrong


def _twice(names: list[str]) -> set[str]:
    return {name for name in names if names.count(name) > 1}
