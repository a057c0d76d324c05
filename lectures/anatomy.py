"""What a lecture is made of, counted from its source, and what it must have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

CELL = re.compile(r"^```\{code-cell\}.*?^```$", re.MULTILINE | re.DOTALL)
HEADER = re.compile(r"\A---\n.*?^---\n", re.MULTILINE | re.DOTALL)
DISPLAY = re.compile(
    r"^\$\$\n.*?^\$\$(?: \([\w-]+\))?$|^\\begin\{align\*?\}.*?^\\end\{align\*?\}$", re.MULTILINE | re.DOTALL
)
THEOREM = re.compile(r"^:::\{prf:(theorem|proposition|lemma|corollary)\} ?(.*)\n((?:.*\n)*?):::$", re.MULTILINE)
FIGURE = re.compile(r"^  figure:\n    name: (\S+)\n    caption: \|\n", re.MULTILINE)

# The parts that every lecture has besides its body, in this order.
PARTS = (
    "Goals",
    "What you need",
    "A failure to begin with",
    "Misconceptions",
    "Summary",
    "Exercises",
    "Homework",
    "History and sources",
)
# The raw form of what has a macro or a fixed symbol, and what to write instead.
RAW = {
    r"\\mathbb\{?E\}?": r"\E",
    r"\\mathbb\{?R\}?": r"\R",
    r"\\mathcal\{?N\}?": r"\Normal",
    r"\\mathrm\{KL\}|D_\{?(\\mathrm\{)?KL": r"\KL",
    r"\\mathrm\{ELBO\}": r"\ELBO",
    r"p_\{?(\\mathrm\{|\\text\{)?data": r"\data",
    r"\\mathrm\{?d\}?(?![a-z])": r"\d",
    r"\^\{?\\top": r"\T",
    r"\\ln\b": r"\log",
}


@dataclass(frozen=True)
class Anatomy:
    """How much of everything a lecture has. `cited` are theorems that are stated with a source in place of a proof."""

    words: int
    displays: int
    theorems: int
    proofs: int
    cited: int
    figures: int
    explorers: int
    exercises: int
    solutions: int


def prose(source: str) -> str:
    """What a person reads: without cells, displays and markup. Formulas in a line stay as they are written."""
    text = HEADER.sub("", CELL.sub("", source))
    text = DISPLAY.sub("", text)
    text = re.sub(r"^(:::+|```+).*$|^:\w+:.*$|^\(\S+\)=$", "", text, flags=re.MULTILINE)
    return re.sub(r"\{[\w:]+\}`([^`]*)`", r"\1", text)


def anatomy(source: str) -> Anatomy:
    theorems = list(THEOREM.finditer(source))
    text = CELL.sub("", source)
    return Anatomy(
        words=len(prose(source).split()),
        displays=len(DISPLAY.findall(text)),
        theorems=len(theorems),
        proofs=len(re.findall(r"^:::\{prf:proof\}", source, re.MULTILINE)),
        cited=sum("CITED" in found[3] for found in theorems),
        figures=len(FIGURE.findall(source)),
        explorers=len(re.findall(r"^(?:Curve|Grid)Explorer\(", source, re.MULTILINE)),
        exercises=len(re.findall(r"^```\{exercise\}", source, re.MULTILINE)),
        solutions=len(re.findall(r"^```\{solution\}", source, re.MULTILINE)),
    )


def faults(source: str) -> list[str]:
    """A sentence for everything that the specification asks for and a lecture lacks; best if there is none."""
    found = anatomy(source)
    wrong = []
    for what, (low, high) in {
        "words": (5500, 7000),
        "displays": (25, 50),
        "theorems": (5, 14),
        "figures": (6, 10),
        "explorers": (1, 2),
        "exercises": (4, 6),
    }.items():
        if not low <= (number := getattr(found, what)) <= high:
            wrong.append(f"{number} {what}, not {low} to {high}")
    if found.solutions != found.exercises:
        wrong.append(f"{found.exercises} exercises, but {found.solutions} solutions")
    headings = re.findall(r"^## (.+)$", CELL.sub("", source), re.MULTILINE)
    if [heading for heading in headings if heading in PARTS] != list(PARTS):
        wrong.append(f"the fixed parts must be there, in this order: {', '.join(PARTS)}")
    elif headings[:3] != list(PARTS[:3]) or headings[-5:] != list(PARTS[3:]) or len(headings) == len(PARTS):
        wrong.append("the body of a lecture stands between its third and fourth fixed part")
    wrong += unproved(source)
    wrong += [f"write {better} instead of {raw}" for raw, better in raw_notation(source)]
    return wrong


def unproved(source: str) -> list[str]:
    """Theorems after which neither a proof nor, in their text, the word CITED with a source follows."""
    wrong = []
    for found in THEOREM.finditer(source):
        cited = "CITED" in found[3]
        following = re.match(r"\s*:::\{prf:proof\}", source[found.end() :])
        if cited and "{cite:" not in found[3]:
            wrong.append(f"“{found[2]}” is CITED, but not from where")
        if not cited and following is None:
            wrong.append(f"“{found[2]}” is neither proved nor CITED")
    return wrong


def raw_notation(source: str) -> list[tuple[str, str]]:
    """What is written out although there is a macro for it: (what stands there, what to write)."""
    text = CELL.sub("", source)
    return [(found[0], better) for raw, better in RAW.items() for found in re.finditer(raw, text)]


def table(notes: Path, seconds: Path) -> str:
    """A line for each lecture, as a table in Markdown."""
    lines = [
        "| lecture | words | theorems | proofs | cited | figures | explorers | CPU seconds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for page in sorted(notes.glob("l[0-9][0-9].md")):
        count, spent = anatomy(page.read_text(encoding="utf-8")), seconds / f"{page.stem}.txt"
        cpu = spent.read_text().strip() if spent.exists() else "not run"
        lines.append(
            f"| {page.stem} | {count.words} | {count.theorems} | {count.proofs} | {count.cited} | {count.figures} "
            f"| {count.explorers} | {cpu} |"
        )
    return "\n".join(lines)
