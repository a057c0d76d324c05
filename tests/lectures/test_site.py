"""A site of two pages, built for real: what is right builds, every planted mistake fails and is named."""

import shutil

import pytest

from autograder.course import format_points, load_course
from lectures import check, environment
from lectures.build import BuildFailedError, failed_cells, html
from lectures.environment import NOTES

pytestmark = pytest.mark.system("lectures")

HEADER = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

"""
FIRST = (
    HEADER
    + r"""(first)=
# First page

:::{prf:theorem} Claim
:label: thm-claim
$\E[x] \in \R$ for {hw}`hw1/elbo`.
:::

:::{prf:proof} of the claim
:class: dropdown
See {cite:t}`germain2015`.

$$
\KL{p}{q} \ge 0
$$ (eq-sign)
:::

```{code-cell}
---
mystnb:
  figure:
    name: fig-line
    caption: |
      A line.
  image:
    alt: A rising line.
---
import matplotlib.pyplot as plt
from myst_nb import glue

from lectures.figures import CurveExplorer, setup

setup()
glue("number", "42", display=False)
plt.plot([0, 1], [0, 1], color="#0072b2")
plt.show()
```

```{exercise} One
:label: ex-one
Why?
```

```{solution} ex-one
:class: dropdown
Because.
```

```{exercise} Two
:label: ex-two
How?
```

```{solution} ex-two
:class: dropdown
So.
```

There are {glue:text}`number` lines in {numref}`fig-line`.

```{code-cell}
frames = [{"curves": {"l": ([0, 1], [0, h])}, "readouts": {"h": h}} for h in (0.0, 0.5, 1.0)]
CurveExplorer("Move it", "A line", {"h": [0.0, 0.5, 1.0]}, (1,), frames, (0, 1), (0, 1))
```
"""
)
SECOND = "# Second page\n\nBack to {prf:ref}`thm-claim`, {eq}`eq-sign` and {ref}`first`.\n"
INDEX = "# Two pages\n\n```{toctree}\n:numbered: 1\n\nfirst\nsecond\n```\n\n```{bibliography}\n```\n"

MISTAKES = {
    "{prf:ref}`thm-nowhere`": "thm-nowhere",
    "{eq}`eq-nowhere`": "eq-nowhere",
    "{numref}`fig-nowhere`": "fig-nowhere",
    "{ref}`page-nowhere`": "page-nowhere",
    "{cite:t}`nobody1900`": "nobody1900",
    "{hw}`hw1/nothing`": "course.toml knows no 'hw1/nothing'",
    r"$\misspelt{x}$": r"KaTeX parse error: Undefined control sequence: \misspelt",
    "![a picture](missing.png)": "missing.png",
    "{glue:text}`unknown_number`": "unknown_number",
    "{nosuchrole}`x`": "nosuchrole",
}


def write(folder, **pages):
    folder.mkdir()
    for name, text in ({"index": INDEX, "first": FIRST, "second": SECOND} | pages).items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    shutil.copy(NOTES / "references.bib", folder)
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The two pages, built twice."""
    folder = tmp_path_factory.mktemp("site")
    source = write(folder / "source")
    settings = {"LECTURES_CACHE": str(folder / "cache")}
    assert html(source, folder / "once", settings=settings)
    assert html(source, folder / "twice", settings=settings)
    return folder


def test_the_pages_are_complete(site):
    page = (site / "once" / "first.html").read_text()
    assert '<math xmlns="http://www.w3.org/1998/Math/MathML"' in page, "formulas were drawn when the site was built"
    assert '<details class="proof"><summary>Proof of the claim</summary>' in page, "proofs fold without script"
    assert page.count("<summary>Solution</summary>") == 2 and "Exercise 1.2" in page
    assert '<svg class="drawn" role="img" aria-label="A rising line."' in page and "var(--blue)" in page
    assert 'There are <span class="pasted-text">42</span> lines' in page
    worth = format_points(load_course().homework("hw1").exercise("elbo").points)
    assert f"exercise “The evidence lower bound” ({worth} points)" in page
    assert '<figure class="explorer">' in page and "(1.1)" in page and "Fig. 1.1" in page
    assert "Theorem 1.1" in (site / "once" / "second.html").read_text()


def test_nothing_is_wrong_in_the_text(site):
    assert check.wrong_in_text(check.pages(site / "once")) == []


def test_two_builds_give_the_same_pages(site):
    for file in sorted((site / "once").glob("*.html")):
        assert file.read_bytes() == (site / "twice" / file.name).read_bytes(), file.name


def test_no_sources_are_published(site):
    names = {path.name for path in (site / "once").rglob("*") if path.is_file()}
    assert not names & {"first.md", "first.md.txt", "first.ipynb"}


@pytest.mark.system("chromium")
def test_nothing_is_wrong_in_the_browser(site):
    files = [path for path in check.pages(site / "once") if path.name in ("first.html", "second.html")]
    assert check.wrong_in_browser(files, environment.chromium()) == []


@pytest.mark.system("chromium")
def test_the_browser_notices_what_it_is_for(site, tmp_path):
    shutil.copytree(site / "once", tmp_path / "broken")
    page = tmp_path / "broken" / "second.html"
    planted = (
        '<div style="width: 3000px">wide</div><img src="none.png"><script>throw new Error("planted")</script>'
        '<figure class="explorer"><figcaption>Dead</figcaption><input type="range" min="0" max="0"></figure>'
    )
    page.write_text(page.read_text().replace("</article>", planted + "</article>"))
    found = "\n".join(check.wrong_in_browser([page], environment.chromium()))
    for what in ("wider than the window", "planted", "does not answer to the arrow keys", "axe image-alt"):
        assert what in found, what


@pytest.mark.system("chromium")
def test_a_page_that_does_not_load_is_a_sentence(tmp_path, monkeypatch):
    page = tmp_path / "slow.html"
    page.write_text("<script>const end = Date.now() + 1500; while (Date.now() < end);</script>")
    monkeypatch.setattr(check, "PATIENCE", 0.2)
    found = check.wrong_in_browser([page], environment.chromium())
    assert "slow.html (desktop, light): not loaded after 0.2 seconds" in found


def test_links_ids_pictures_and_loads_are_noticed(site, tmp_path):
    shutil.copytree(site / "once", tmp_path / "broken")
    page = tmp_path / "broken" / "second.html"
    planted = (
        '<p id="x"></p><p id="x"></p><a href="nowhere.html">n</a><a href="first.html#nowhere">n</a>'
        '<img src="_static/later.svg"><script src="https://elsewhere.example/a.js"></script>'
    )
    page.write_text(page.read_text().replace("</article>", planted + "</article>"))
    found = "\n".join(check.wrong_in_text(check.pages(tmp_path / "broken")))
    for what in (
        "the id x is there twice",
        "nowhere.html leads nowhere",
        "first.html#nowhere leads to no place",
        "1 pictures without a text",
        "loads https://elsewhere.example/a.js",
    ):
        assert what in found, what


def test_every_planted_mistake_fails_the_build_and_is_named(site, tmp_path, capfd):
    source = write(tmp_path / "source", second="# Second page\n\n" + "\n\n".join(MISTAKES) + "\n")
    with pytest.raises(BuildFailedError):
        html(source, tmp_path / "html", settings={"LECTURES_CACHE": str(site / "cache")})
    said = capfd.readouterr().err
    for mistake, sentence in MISTAKES.items():
        assert any("second.md" in line and sentence in line for line in said.splitlines()), mistake


def test_a_failing_cell_names_page_and_line(site, tmp_path):
    bad = HEADER + "# Second page\n\nText.\n\n```{code-cell}\nvalue = 1\nassert value == 2, 'planted'\n```\n"
    source = write(tmp_path / "source", second=bad)
    line = bad[: bad.index("value = 1")].count("\n") + 1
    with pytest.raises(BuildFailedError, match=rf"second\.md, the cell from line {line}: AssertionError: planted"):
        html(source, tmp_path / "html", settings={"LECTURES_CACHE": str(site / "cache")})


def test_without_node_formulas_stay_as_they_are_written(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "node", lambda: False)
    source = write(tmp_path / "source", first="(first)=\n# F\n\n$x < 1$\n", second="# S\n\n$$\ny\n$$ (eq-y)\n")
    (source / "index.md").write_text("# Two pages\n\n```{toctree}\nfirst\nsecond\n```\n")
    assert html(source, tmp_path / "html") is False
    assert "<code>x &lt; 1</code>" in (tmp_path / "html" / "first.html").read_text()


def test_a_failed_cell_is_found_in_its_page(tmp_path):
    (tmp_path / "a.md").write_text("# A\n\n```{code-cell}\nx = 1\nraise ValueError\n```\n")
    rule = "-" * 18
    said = f"the following cell:\n{rule}\nx = 1\nraise ValueError\n{rule}\n\nTraceback\n\nValueError: no\n"
    assert failed_cells(said, tmp_path) == ["a.md, the cell from line 4: ValueError: no"]
