"""Which cell of a submission stands for which cell of the released notebook, whatever its editor has left of it.

nbgrader's names of cells are the surest sign, and the first that an editor loses: Colab, VS Code and copying cells by
hand drop metadata, ids, or both. So each released cell is looked for by its name, its id, its text, what it defines,
and last, for the answers of theory problems, by the cells around it. What is found here decides what a marker sees and
whether a problem counts as answered, never an automatic score.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from autograder.course import Homework
from autograder.notebooks.reading import Cell, Notebook

SHORTEST_TEXT = 20  # characters: a shorter text inside another one says nothing
DEFINITION = re.compile(r"^(?:async +def|def|class)[ \t]+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Match:
    """`places` maps indices of released cells to those of the student's; `added` are the student's other cells.

    `added` maps a released cell to the indices of those that follow the cell which stands for it; -1: before all.
    """

    places: dict[int, int]
    added: dict[int, list[int]]


def match(homework: Homework, released: Notebook, theirs: Notebook) -> Match:
    """Pair the cells of a submission with the released ones, each at most once."""
    return _Matcher(homework, released.cells, theirs.cells).match()


def answers(homework: Homework, released: Notebook, theirs: Notebook) -> dict[str, str]:
    """What a student wrote about each theory problem, without what they received; "" where there is nothing.

    That is the text of the answer's cell and of the cells that the student added behind it; where the cell is missing
    or untouched, also of what they added before it, and of the problem's own cell if they wrote into that.
    """
    found, cells = match(homework, released, theirs), theirs.cells
    problems = {problem.id for problem in homework.theory}
    texts: dict[str, str] = {}
    for here, cell in enumerate(released.cells):
        if cell.grade_id not in problems:
            continue
        own = _changed(found, released, theirs, here)
        before, after = found.added.get(here - 1, []), found.added.get(here, [])
        wrote = [_changed(found, released, theirs, here - 1)] if here else []
        wrote += [cells[index].source for index in before if cells[index].kind != "code"]
        parts = ([own] if own else wrote) + [cells[index].source for index in after if cells[index].kind != "code"]
        texts[cell.grade_id] = "\n\n".join(part for part in parts if part.strip())
    return texts


def _changed(found: Match, released: Notebook, theirs: Notebook, here: int) -> str:
    """The text of the cell that stands for a released one, "" where there is none or its text is as released."""
    if here not in found.places or released.cells[here].kind == "code":
        return ""
    text = theirs.cells[found.places[here]].source
    return "" if _words(text) == _words(released.cells[here].source) else text


class _Matcher:
    def __init__(self, homework: Homework, released: Sequence[Cell], theirs: Sequence[Cell]) -> None:
        self.released, self.theirs = released, theirs
        self.problems = {problem.id for problem in homework.theory}
        self.names = {f"{exercise.id}_code": set(exercise.names) for exercise in homework.exercises}
        self.texts = [_words(cell.source) for cell in released]
        self.own_texts = [_words(cell.source) for cell in theirs]
        self.defined = [set(DEFINITION.findall(cell.source)) if cell.kind == "code" else set() for cell in theirs]
        self.places: dict[int, int] = {}
        self.taken: set[int] = set()

    def match(self) -> Match:
        often = Counter(self.texts)
        once = [often[text] == 1 for text in self.texts]
        self._pair(self._same_name, any_kind=True)
        self._pair(self._same_id)
        self._pair(lambda here, there: once[here] and self._same_text(here, there))
        self._pair(lambda here, there: bool(self.defined[there] & self._names(here)))
        self._pair(lambda here, there: once[here] and self._is_inside(here, there))
        self._pair(lambda here, there: self._same_text(here, there) and self._same_neighbour(here, there))
        self._pair(self._same_text)
        for here in range(len(self.released)):
            if self._is_answer(here) and here not in self.places:
                self._by_neighbours(here)
        return Match(dict(self.places), self._added())

    def _pair(self, test: Callable[[int, int], bool], any_kind: bool = False) -> None:
        """Give each released cell without a partner the first free cell that passes the test."""
        for here, cell in enumerate(self.released):
            any_will_do = any_kind and self._is_answer(here)  # an answer turned into code is still the answer
            for there, own in enumerate(self.theirs):
                if here in self.places:
                    break
                if there not in self.taken and (own.kind == cell.kind or any_will_do) and test(here, there):
                    self._take(here, there)

    def _take(self, here: int, there: int) -> None:
        self.places[here] = there
        self.taken.add(there)

    def _is_answer(self, here: int) -> bool:
        return self.released[here].grade_id in self.problems

    def _names(self, here: int) -> set[str]:
        """What the stub of an exercise defines."""
        return self.names.get(self.released[here].grade_id or "", set())

    def _same_name(self, here: int, there: int) -> bool:
        name = self.theirs[there].grade_id
        return name is not None and name == self.released[here].grade_id

    def _same_id(self, here: int, there: int) -> bool:
        own = self.theirs[there]
        return own.cell_id is not None and not own.grade_id and own.cell_id == self.released[here].cell_id

    def _same_text(self, here: int, there: int) -> bool:
        """Whether the texts are equal. All untouched answers say the same: they are found by their neighbours."""
        return not self._is_answer(here) and self.texts[here] == self.own_texts[there]

    def _same_neighbour(self, here: int, there: int) -> bool:
        return any(self.places.get(here + step) == there + step for step in (-1, 1))

    def _is_inside(self, here: int, there: int) -> bool:
        """Whether the student wrote into a text cell that they had received."""
        text = self.texts[here]
        return self.released[here].kind == "markdown" and len(text) >= SHORTEST_TEXT and text in self.own_texts[there]

    def _by_neighbours(self, here: int) -> None:
        """The answer of a theory problem: the student's text right behind the cell before it, or before the next."""
        window = self._behind(here) or self._before(here)
        untouched = [index for index in window if self.own_texts[index] == self.texts[here]]
        if window:
            self._take(here, (untouched or window)[0])

    def _behind(self, here: int) -> list[int]:
        """The unpaired texts behind the nearest cell before the answer, unless another answer stands between."""
        last = self._neighbour(range(here - 1, -1, -1))
        return [] if last is None else list(self._free(range(last + 1, len(self.theirs))))

    def _before(self, here: int) -> list[int]:
        following = self._neighbour(range(here + 1, len(self.released)))
        return [] if following is None else list(self._free(range(following - 1, -1, -1)))[::-1]

    def _neighbour(self, order: range) -> int | None:
        for index in order:
            if index in self.places:
                return self.places[index]
            if self._is_answer(index):
                return None
        return None

    def _free(self, order: range) -> Iterator[int]:
        """The student's own texts in that order, up to the first cell that stands for a released one."""
        for index in order:
            if index in self.taken:
                return
            if self.theirs[index].kind != "code" and self.own_texts[index]:
                yield index

    def _added(self) -> dict[int, list[int]]:
        added: dict[int, list[int]] = {}
        where, backwards = -1, {there: here for here, there in self.places.items()}
        for index in range(len(self.theirs)):
            where = backwards.get(index, where)
            if index not in self.taken and self.own_texts[index]:
                added.setdefault(where, []).append(index)
        return added


def _words(text: str) -> str:
    return " ".join(text.split())
