"""Which questions stand on which ticket.

A ticket has two definitions, two proofs and a problem, from as many lectures as possible: always 26 points. Over all
tickets every lecture is asked equally often, give or take one, and no question stands on two tickets in a row.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from itertools import permutations

from lectures.exam.bank import POINTS, BankError, Question

SLOTS = ("definition", "definition", "proof", "proof", "problem")
TICKET_POINTS = sum(POINTS[grade] for grade in SLOTS)

Ticket = tuple[Question, ...]


def draw(bank: Sequence[Question], count: int, seed: int) -> list[Ticket]:
    """`count` tickets, the same for the same seed and bank. Raises BankError when the bank cannot fill them."""
    if count < 1:
        raise BankError(f"an exam needs at least one ticket, not {count}")
    lectures = sorted({question.lecture for question in bank})
    _require_enough(bank, lectures)
    chance = random.Random(seed)
    asked: Counter[str] = Counter()  # of lectures, of (lecture, grade) and of questions
    tickets: list[Ticket] = []
    previous: Ticket = ()
    for _ in range(count):
        chosen = _lectures(lectures, asked, chance)
        ticket: list[Question] = []
        for lecture, grade in zip(_seated(chosen, asked, chance), SLOTS, strict=True):
            open_ones = [q for q in bank if (q.lecture, q.grade) == (lecture, grade)]
            open_ones = [q for q in open_ones if q not in previous and q not in ticket]
            question = min(open_ones, key=lambda q: (asked[q.id], chance.random()))
            asked.update([lecture, f"{lecture} {grade}", question.id])
            ticket.append(question)
        previous = tuple(ticket)
        tickets.append(previous)
    return tickets


def _require_enough(bank: Sequence[Question], lectures: Sequence[str]) -> None:
    """A ticket may take the questions of a lecture that it needs although the ticket before took as many."""
    most = -(-len(SLOTS) // len(lectures))
    for lecture in lectures:
        for grade in POINTS:
            needed = 2 * min(SLOTS.count(grade), most)
            there = sum((q.lecture, q.grade) == (lecture, grade) for q in bank)
            if there < needed:
                raise BankError(f"lecture {lecture} has {there} questions of the grade {grade}, and needs {needed}")


def _lectures(lectures: Sequence[str], asked: Counter[str], chance: random.Random) -> list[str]:
    """One lecture per slot: first those that are not on the ticket yet, and of these the ones that were asked least."""
    now, chosen = Counter({lecture: asked[lecture] for lecture in lectures}), []
    for _ in SLOTS:
        lecture = min(lectures, key=lambda name: (chosen.count(name), now[name], chance.random()))
        now[lecture] += 1
        chosen.append(lecture)
    return chosen


def _seated(chosen: Sequence[str], asked: Counter[str], chance: random.Random) -> tuple[str, ...]:
    """The order of lectures in which each grade goes to lectures that had it least."""

    def load(order: tuple[str, ...]) -> tuple[int, float]:
        return sum(asked[f"{lecture} {grade}"] for lecture, grade in zip(order, SLOTS, strict=True)), chance.random()

    return min(sorted(set(permutations(chosen))), key=load)
