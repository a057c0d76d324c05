"""Judge one exercise of a submission: each of its checks in a process of its own, within what time there is.

The one loop that does so: `make grade` runs it for every exercise of a notebook, `make validate` for single answers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from autograder import checking
from autograder.checking import Check, GuestFailure, Outcome
from autograder.notebooks import READY, Slice
from autograder.sandbox.manners import KINDS
from autograder.sandbox.messages import suspicions

TIMEOUTS_PER_EXERCISE = 2  # after so many, the exercise's other checks are not waited for
SHORTEST_CHECK = 1.0  # seconds of budget below which a check is not started


@dataclass
class Judged:
    """How the checks ended, by their ids; those that there was no time left for; what the guest used and did."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    unjudged: set[str] = field(default_factory=set)
    guest_seconds: float = 0.0
    noticed: list[str] = field(default_factory=list)  # what honest answers hardly ever do
    unmannerly: dict[str, str] = field(default_factory=dict)  # what a check saw that passed, as a sentence

    def __ior__(self, other: Judged) -> Judged:
        self.outcomes |= other.outcomes
        self.unjudged |= other.unjudged
        self.guest_seconds += other.guest_seconds
        self.noticed += other.noticed
        self.unmannerly |= other.unmannerly
        return self


def judge_exercise(
    checks: Iterable[Check],
    sliced: Slice,
    guest: Any,
    reference: SimpleNamespace,
    seed: int,
    left: Callable[[], float] = lambda: math.inf,
) -> Judged:
    """Run the checks against what was sliced out of a submission; `left` says how many seconds there still are.

    What the docstring says is the check's business; manners (`sandbox/manners.py`) are asked of every exercise, and
    cost one check at most.
    """
    checks = tuple(checks)
    if sliced.state != READY:
        return Judged({check.id: Outcome(sliced.state, sliced.message) for check in checks})
    judged, timeouts = Judged(), 0
    for check in checks:
        seconds = left()
        if timeouts >= TIMEOUTS_PER_EXERCISE:
            sentence = f"not run: {timeouts} checks of this exercise had run out of time already"
            judged.outcomes[check.id] = Outcome(checking.TIMEOUT, sentence)
        elif seconds < SHORTEST_CHECK:
            judged.outcomes[check.id] = Outcome(checking.TIMEOUT, "not run: this submission had used up its time")
            judged.unjudged.add(check.id)
        else:
            limits = replace(check.limits, wall_seconds=min(check.limits.wall_seconds, seconds))
            judged |= _run(check, guest, sliced.parts, limits, reference, seed)
            timeouts += judged.outcomes[check.id].state == checking.TIMEOUT
    _count_manners(judged, checks)
    return judged


def _count_manners(judged: Judged, checks: Iterable[Check]) -> None:
    """Bad manners cost the cheapest of the checks that saw them and passed else, and no other."""
    seen = [check for check in checks if check.id in judged.unmannerly]
    if seen:
        check = min(seen, key=lambda check: check.points)
        judged.outcomes[check.id] = replace(
            judged.outcomes[check.id], state=checking.FAILED, message=judged.unmannerly[check.id]
        )


def _run(
    check: Check, guest: Any, parts: Any, limits: checking.Limits, reference: SimpleNamespace, seed: int
) -> Judged:
    start = time.perf_counter()
    session, manners = None, set[tuple[str, str]]()
    try:
        with guest.session(parts, limits, check.names) as session:
            outcome = checking.run_check(check, session, reference, seed)
            manners = {pair for pair in session.manners if not check.may(*pair)}
    except GuestFailure as failure:
        outcome = Outcome(failure.state, failure.message, failure.detail, time.perf_counter() - start)
    usage = (session.usage if session is not None else None) or {}
    seen = [f"{check.id}: {what}" for what in suspicions(outcome.message, usage)]
    judged = Judged({check.id: outcome}, set(), float(usage.get("cpu", 0.0)), seen)
    if manners and outcome.state == checking.PASSED:
        name, kind = min(manners)
        judged.unmannerly[check.id] = f"the values are right, but `{name}` {KINDS[kind]}"
    return judged
