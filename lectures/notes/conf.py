"""The lectures as a site that is built and read without a network; `make lectures` builds it."""

import os
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY)]

from lectures.environment import BUILD, KATEX  # noqa: E402
from lectures.site import cache  # noqa: E402

project = "Deep Generative Models"
author = "The course staff"
html_title = project
language = os.environ.get("LECTURES_LANGUAGE", "en")
locale_dirs, gettext_compact = (
    ["locale"],
    False,
)  # translated paragraph by paragraph: sphinx-build -b gettext, sphinx-intl

extensions = [
    "myst_nb",
    "sphinx_design",
    "sphinxcontrib.bibtex",
    "sphinx.ext.mathjax",  # only for the configuration values that myst-parser expects; formulas renders
    "lectures.site.formulas",
    "lectures.site.drawn",
    "lectures.site.homework",
    "lectures.site.numbers",
    "lectures.site.proofs",
    "lectures.site.drafts",
]
root_doc = "index"
nitpicky = True
suppress_warnings = []
draft_only = os.environ.get("LECTURES_ONLY", "")
course_file = str(REPOSITORY / "course.toml")

# --- text
myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath", "smartquotes"]
myst_dmath_double_inline = True
myst_heading_anchors = 3
numfig = True
math_numfig = True
numfig_secnum_depth = 1  # (2.1), Theorem 2.3: the lecture and a number within it
math_eqref_format = "({number})"
counted_together = ["axiom", "theorem", "lemma", "corollary", "proposition", "definition", "remark", "example"]
prf_realtyp_to_countertyp = {kind: "theorem" for kind in counted_together}
exercise_style = "solution_follow_exercise"
bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"

# --- mathematics: the one dictionary of macros; notation.md says what they mean
html_math_renderer = "katex"
katex_dist = str(KATEX)
katex_draws = os.environ.get("LECTURES_FORMULAS", "katex") == "katex"
katex_macros = {
    r"\E": r"\mathbb{E}",
    r"\R": r"\mathbb{R}",
    r"\Pr": r"\mathbb{P}",
    r"\one": r"\mathbf{1}",
    r"\Normal": r"\mathcal{N}",
    r"\Var": r"\operatorname{Var}",
    r"\Cov": r"\operatorname{Cov}",
    r"\tr": r"\operatorname{tr}",
    r"\diag": r"\operatorname{diag}",
    r"\argmax": r"\operatorname*{arg\,max}",
    r"\argmin": r"\operatorname*{arg\,min}",
    r"\softmax": r"\operatorname{softmax}",
    r"\supp": r"\operatorname{supp}",
    r"\d": r"\mathrm{d}",
    r"\T": r"^{\mathsf{T}}",
    r"\KL": r"\mathrm{KL}\!\left(#1\,\middle\|\,#2\right)",
    r"\TV": r"\mathrm{TV}\!\left(#1,#2\right)",
    r"\Df": r"D_f\!\left(#1\,\middle\|\,#2\right)",
    r"\ELBO": r"\mathrm{ELBO}",
    r"\data": r"p^{\ast}",
}

# --- execution: once, and again when a cell or anything that it imports has changed
nb_execution_mode = "cache"
nb_execution_cache_path = str(cache.folder(REPOSITORY, Path(os.environ.get("LECTURES_CACHE", BUILD / "cache"))))
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_show_tb = True
nb_merge_streams = True
nb_mime_priority_overrides = [("html", "image/svg+xml", 50)]
nb_render_image_options = {"width": "100%"}

# --- the site
html_theme = "sphinx_book_theme"
html_static_path = ["_static"]
html_css_files = ["course.css"]
html_js_files = [("explorer.js", {"defer": "defer"})]
html_copy_source = False
html_use_index = False
html_domain_indices = False
html_show_sourcelink = False
html_last_updated_fmt = None
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "use_repository_button": False,
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "navbar_persistent": [],
    "home_page_in_toc": True,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
