"""`make similarity`: pairs of submissions whose own code is alike, beyond what all of them received.

Compared is the code that a student wrote or changed; the released notebook is the boilerplate. The fingerprints are
those of MOSS (Schleimer, Wilkerson and Aiken, 2003, "Winnowing"), as `copydetect` computes them: names, strings,
comments and layout do not matter, nor do statements without an effect, which `effective` takes away. Submissions of
earlier years may stand beside those of this one. The report names groups in which everybody is alike to somebody, lists
the pairs, and shows each side by side. It is a reason to look, never a verdict: short exercises have few good answers.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from io import StringIO
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from autograder.course import Course, Homework
from autograder.intake.submissions import NotReadableError, Submission
from autograder.notebooks.reading import Notebook, NotebookError, read_notebook
from autograder.pages.rendering import template
from autograder.records import printable, write_atomically

if TYPE_CHECKING:
    from copydetect import CodeFingerprint

NOISE = 25  # characters of filtered code: shorter matches are never seen
GUARANTEED = 30  # characters of filtered code: longer matches are always seen
SHORTEST = 40  # characters of filtered code that two must share: less is chance
# Share of the smaller answer; pairs below are not listed. Measured on homework 1: with the alternatives of
# checks/hw1/right as answers of students who know nothing of each other (75 pairs), and with copies whose names,
# comments and layout were changed (25 each). Strangers share 0.06 to 0.14; a copy of everything 0.68 to 0.84, of three
# quarters of the exercises 0.50 to 0.68, of half of them 0.31 to 0.50, of a quarter 0.13 to 0.28. On homework 2 (18
# pairs, 6 copies each): strangers 0.02 to 0.08, whole copies from 0.78, halves from 0.33.
ALIKE = 0.3
ROUNDS = 5  # of taking idle statements away: one may have been read by another only
MOST_PAIRS = 100
LONGEST_CODE = 200_000


@dataclass(frozen=True)
class Pair:
    """Two students, the shares of each one's own code that the other has, and where (character ranges)."""

    students: tuple[str, str]
    shares: tuple[float, float]
    codes: tuple[str, str]
    slices: tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]

    @property
    def share(self) -> float:
        return max(self.shares)


def own_code(notebook: Notebook, released: Notebook) -> str:
    """The code cells that are not as released, one after another."""
    given = {" ".join(cell.source.split()) for cell in released.code}
    own = [cell for cell in notebook.code if cell.source.strip() and " ".join(cell.source.split()) not in given]
    return "\n\n".join(f"# {cell.label}\n{cell.source}" for cell in own)[:LONGEST_CODE]


def alike(codes: dict[str, str], released: Notebook, least: float = ALIKE, earlier: Collection[str] = ()) -> list[Pair]:
    """Pairs of students, most alike first; `codes` is student -> own code. Two of `earlier` are no pair."""
    from copydetect import compare_files

    given = "\n\n".join(cell.source for cell in released.code)
    boilerplate = sorted({*_all_hashes(given), *_all_hashes(effective(given))})  # copydetect wants each of them once
    made = {student: _fingerprint(effective(code), boilerplate) for student, code in sorted(codes.items())}
    prints = {student: own for student, own in made.items() if own is not None and len(own.hashes)}
    pairs = []
    for one, other in combinations(prints, 2):
        if (one in earlier and other in earlier) or prints[one].hashes.isdisjoint(prints[other].hashes):
            continue
        overlap, shares, slices = compare_files(prints[one], prints[other])
        if overlap >= SHORTEST and max(shares) >= least:
            first, second = (tuple((int(a), int(b)) for a, b in zip(*ranges, strict=True)) for ranges in slices)
            of_one, of_other = map(float, shares)
            pairs.append(Pair((one, other), (of_one, of_other), (codes[one], codes[other]), (first, second)))
    return sorted(pairs, key=lambda pair: (-pair.share, pair.students))


def clusters(pairs: Iterable[Pair]) -> list[list[str]]:
    """The students of pairs that hang together, the largest groups first; only those of more than two."""
    groups: list[set[str]] = []
    for pair in pairs:
        touching = [group for group in groups if group & set(pair.students)]
        groups = [group for group in groups if group not in touching]
        groups.append(set(pair.students).union(*touching))
    return sorted((sorted(group) for group in groups if len(group) > 2), key=lambda group: (-len(group), group))


def effective(code: str) -> str:
    """The code with blanks in the place of statements without an effect, so that all other places stay what they are.

    Gone are values that nobody reads, prints, assertions, constants, and branches that are never taken: what somebody
    strews over a copy to make it look like another program. What does not parse is left as it is.
    """
    for _ in range(ROUNDS):
        trees = [(start, tree) for start, tree in _parsed(code)]
        read = {
            node.id for _, tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name) and _is_read(node)
        }
        spans = [span for start, tree in trees for span in _idle(tree, code[start:], start, read)]
        if not spans:
            return code
        for begin, end in spans:
            code = code[:begin] + re.sub(r"[^\n]", " ", code[begin:end]) + code[end:]
    return code


def _parsed(code: str) -> Iterable[tuple[int, ast.Module]]:
    """The cells that parse, with their places. A body that lost all of its statements no longer parses, and is done."""
    starts = [0, *(found.start() for found in re.finditer(r"(?m)^# \w+ \d+", code)), len(code)]
    for start, end in zip(starts, starts[1:], strict=False):
        try:
            yield start, ast.parse(code[start:end])
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue


def _is_read(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def _idle(tree: ast.Module, source: str, start: int, read: set[str]) -> Iterable[tuple[int, int]]:
    """The places of statements without an effect; the last statement of a body stays, or nothing would parse."""
    lines = source.splitlines(keepends=True)
    begins = [0]
    for line in lines:
        begins.append(begins[-1] + len(line))

    def place(line: int, column: int) -> int:
        return start + begins[line - 1] + len(lines[line - 1].encode()[:column].decode(errors="ignore"))

    for node in ast.walk(tree):
        for body in (getattr(node, "body", None), getattr(node, "orelse", None), getattr(node, "finalbody", None)):
            if isinstance(body, list):
                idle = [statement for statement in body if _has_no_effect(statement, read)]
                for statement in idle[: len(body) - 1] if len(idle) == len(body) else idle:
                    end = statement.end_lineno, statement.end_col_offset
                    if None not in end:
                        yield place(statement.lineno, statement.col_offset), place(*end)


def _has_no_effect(statement: ast.stmt, read: set[str]) -> bool:
    if isinstance(statement, ast.Pass | ast.Assert | ast.Import | ast.ImportFrom):
        return True
    if isinstance(statement, ast.If | ast.While):
        return isinstance(statement.test, ast.Constant) and not statement.test.value and not statement.orelse
    if isinstance(statement, ast.Expr):
        value = statement.value
        if isinstance(value, ast.Call):
            return isinstance(value.func, ast.Name) and value.func.id == "print"
        return not any(isinstance(node, ast.Call | ast.Await | ast.Yield | ast.YieldFrom) for node in ast.walk(value))
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        return len(names) == len(targets) and read.isdisjoint(names)
    return False


def compare(
    homework: Homework,
    course: Course,
    found: Iterable[Submission],
    released: Notebook,
    report: Path,
    least: float = ALIKE,
    earlier: Mapping[str, Iterable[Submission]] | None = None,
) -> tuple[list[Pair], list[tuple[str, str]]]:
    """Write the report of a homework. Returns the pairs, and (student, why) of those who could not be compared.

    `earlier` has submissions of other years by what the year is called.
    """
    codes: dict[str, str] = {}
    left: list[tuple[str, str]] = []
    before: set[str] = set()
    for year, handed_in in [("", found), *(earlier or {}).items()]:
        for submission in handed_in:
            who = f"{submission.student} ({year})" if year else submission.student
            try:
                if submission.path is None:
                    raise NotReadableError(submission.problem)
                codes[who] = own_code(read_notebook(submission.read()), released)
                before |= {who} if year else set()
            except (NotReadableError, NotebookError) as error:
                left.append((who, str(error)))
    pairs = alike(codes, released, least, before)
    text = page(homework, course, pairs, left, len(codes), least)
    write_atomically(report, lambda file: file.write(text))
    return pairs, left


def page(
    homework: Homework, course: Course, pairs: list[Pair], left: list[tuple[str, str]], count: int, least: float
) -> str:
    """The report as HTML, self-contained and without scripts."""
    shown = [
        {
            "students": [printable(student) for student in pair.students],
            "shares": [f"{100 * share:.0f} %" for share in pair.shares],
            "codes": [_marked(code, places) for code, places in zip(pair.codes, pair.slices, strict=True)],
        }
        for pair in pairs[:MOST_PAIRS]
    ]
    return template("similarity.html.j2").render(
        course=course.title,
        title=f"{homework.id}: {homework.title}",
        pairs=shown,
        clusters=[[printable(student) for student in group] for group in clusters(pairs)],
        more=max(len(pairs) - MOST_PAIRS, 0),
        left=[(printable(student), printable(why)) for student, why in left],
        count=count,
        least=f"{100 * least:.0f} %",
    )


def _all_hashes(code: str) -> Iterable[int]:
    """What `_fingerprint` must not find: the hash of every run of NOISE characters of the code."""
    made = _made(code, 1, [])
    return () if made is None else made.hashes


def _fingerprint(code: str, boilerplate: list[int]) -> CodeFingerprint | None:
    """The code's fingerprint without the boilerplate's hashes; None where the code is too short to tell."""
    return _made(code, GUARANTEED - NOISE + 1, boilerplate)


def _made(code: str, window: int, boilerplate: list[int]) -> CodeFingerprint | None:
    from copydetect import CodeFingerprint

    if sum(not character.isspace() for character in code) < GUARANTEED:
        return None
    try:
        return CodeFingerprint("x.py", NOISE, window, boilerplate, fp=StringIO(code))
    except IndexError:  # so copydetect says that less than a run is left once names and comments are taken away
        return None


def _marked(code: str, places: Iterable[tuple[int, int]]) -> Markup:
    """The code as HTML with the common passages marked."""
    parts, at = [], 0
    for start, end in sorted(places):
        start, end = max(start, at), min(end, len(code))
        if start < end:
            parts += [escape(printable(code[at:start])), Markup("<mark>"), escape(printable(code[start:end]))]
            parts.append(Markup("</mark>"))
            at = end
    return Markup("").join([*parts, escape(printable(code[at:]))])
