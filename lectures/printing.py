"""A PDF of a page, printed by chromium: tagged, with an outline and page numbers, all proofs unfolded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lectures.environment import PATIENCE

FOOTER = (
    "<div style='font-size:8px;width:100%;text-align:center'>"
    "<span class='pageNumber'></span> / <span class='totalPages'></span></div>"
)
PAPER = 658  # CSS pixels between the margins of A4
UNFOLD = "document.querySelectorAll('details').forEach(d => { if (!d.className.includes('hide')) d.open = true })"

# Paper does not scroll: a display that is too wide is set smaller.
FIT = """document.querySelectorAll('.formula').forEach(f => {
  const room = f.clientWidth / f.scrollWidth;
  if (room < 1) f.style.fontSize = 0.98 * room + 'em';
})"""


def pdfs(jobs: Mapping[Path, Path], chromium: str) -> None:
    """Print every page (a file) into its PDF."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(color_scheme="light", viewport={"width": PAPER, "height": 900})
        page.emulate_media(media="print")
        for source, target in jobs.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            page.goto(source.resolve().as_uri(), wait_until="load", timeout=1000 * PATIENCE)
            page.evaluate(UNFOLD)
            page.evaluate(FIT)
            page.pdf(
                path=target,
                format="A4",
                prefer_css_page_size=True,
                tagged=True,
                outline=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=FOOTER,
                margin={"top": "18mm", "bottom": "18mm", "left": "18mm", "right": "18mm"},
            )
        browser.close()
