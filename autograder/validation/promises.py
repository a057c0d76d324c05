"""What docstrings promise, and which hidden check would notice a breach: the PROMISES of a file of checks.

`PROMISES` has for each public name of the exercise words of its docstring, or of the head above it, and beside them the
checks that hold an answer to them. The contract goes both ways: every sentence of a docstring holds some promised
words, and every check is named by some, since nothing but the docstring may cost a point.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from autograder.checking import load_checks
from autograder.course import Exercise, Homework
from autograder.releasing.release import stub_cells

# A full stop ends a sentence unless it shortens a word; "(M,)." after one is still a sentence of its own.
_END = re.compile(r"(?<!\bEq)(?<!\bEqs)(?<!\bFig)(?<!\bFigs)(?<!\bal)(?<!\be\.g)(?<!\bi\.e)[.!?]\s+(?=[A-Z0-9`(\[])")
_Documented = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Contract:
    """The docstrings of an exercise as students read them, what is promised of them, and the checks that there are.

    `texts` has a public name's docstring and those of its methods, each below the head of its definition.
    """

    texts: dict[str, list[tuple[str, str]]]
    promises: dict[str, dict[str, str]]
    checks: frozenset[str]

    @property
    def count(self) -> int:
        return sum(map(len, self.promises.values()))

    @property
    def sentences(self) -> list[tuple[str, str]]:
        """(name, sentence) of every docstring."""
        return [
            (name, sentence) for name, texts in self.texts.items() for _, text in texts for sentence in sentences(text)
        ]

    def breaches(self) -> list[str]:
        """A sentence on everything in which docstrings, promises and checks disagree."""
        found = [f"{name} is no public name of the exercise" for name in self.promises if name not in self.texts]
        for name, promised in self.promises.items():
            texts = [_plain(part) for text in self.texts.get(name, []) for part in text]
            found += [
                f"{name} does not say: {words}" for words in promised if not any(_plain(words) in t for t in texts)
            ]
            for words, checks in promised.items():
                found += [f"{name}: no check {c} would notice: {words}" for c in sorted(_names(checks) - self.checks)]
        found += [f"{name}: nothing is promised by: {s}" for name, s in self.sentences if not self._holds(name, s)]
        named = {
            check for promised in self.promises.values() for checks in promised.values() for check in _names(checks)
        }
        return found + [f"check {check} stands for no promise" for check in sorted(self.checks - named)]

    def _holds(self, name: str, sentence: str) -> bool:
        """Whether some promised words touch the sentence; they may go on into the next one."""
        for words in map(_plain, self.promises.get(name, {})):
            if any(part in sentence for part in sentences(words)) or sentence.rstrip(".") in words:
                return True
        return False


def contract(homework: Homework, exercise: Exercise) -> Contract | None:
    """The contract of an exercise, or None where its checks have no PROMISES."""
    checks = load_checks(homework, exercise)
    promises = getattr(checks[0].module, "PROMISES", None)
    if promises is None:
        return None
    ids = frozenset(check.id.partition("/")[2] for check in checks)
    return Contract(_texts(_cells(homework)[exercise.id]), promises, ids)


@cache
def _cells(homework: Homework) -> dict[str, str]:
    return dict(stub_cells(homework))


def sentences(text: str) -> list[str]:
    """The sentences of a docstring, each on one line."""
    text = _plain(text)
    starts = [0, *(end.end() for end in _END.finditer(text))]
    return [text[start:end].strip() for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def _texts(cell: str) -> dict[str, list[tuple[str, str]]]:
    lines = cell.splitlines()
    return {
        node.name: [
            ("\n".join(lines[part.lineno - 1 : part.body[0].lineno]), text)
            for part in _documented(node)
            if (text := ast.get_docstring(part))
        ]
        for node in ast.parse(cell).body
        if isinstance(node, _Documented) and not node.name.startswith("_")
    }


def _documented(node: _Documented) -> Iterator[_Documented]:
    yield node
    if isinstance(node, ast.ClassDef):
        yield from (item for item in node.body if isinstance(item, ast.FunctionDef))


def _names(checks: str) -> set[str]:
    return {check.strip() for check in checks.split(",")}


def _plain(text: str) -> str:
    return " ".join(text.split())
