"""Forged answers to every hidden check: what somebody gets who knows every shape and computes nothing.

    python -m autograder.validation.forgeries              # all homeworks, and the table in docs/forgeries.md
    python -m autograder.validation.forgeries --hw hw2     # one homework, and the table of all that was tried so far

Each check is run once with the reference, whose answers are kept. It is then run again, and instead of an answer comes
something made of the kept one: zeros, huge numbers, the answer to another run's question. No forgery may pass, unless
REASONS says why it deserves the points. Forgeries that need a program of their own stand in the catalogues of mistakes,
under names with `forged`; the table counts them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from autograder import checking
from autograder.checking import PASSED, Check, Grade
from autograder.course import ROOT, Homework, format_points, load_course
from autograder.validation import proof

SEED, OTHER_SEED = 4_711, 1_147
KEPT, PAGE = ROOT / "build" / "forgeries", ROOT / "docs" / "forgeries.md"
ANY = "any"

SIGN, ORDER, FIRST, OTHER = "the wrong sign", "rows in another order", "the first answer again", "another run's answers"

# What passes a check with every right to do so: why -> check -> its forgeries.
REASONS: dict[str, dict[str, tuple[str, ...]]] = {
    "next to a limit all three right answers are nearly one number": {
        "hw1/t1_formula/limits": ("the mean everywhere",),
        "hw1/f_divergence/alpha_divergence_at_the_limits": ("the mean everywhere",),
    },
    "a layer with random weights has the same property with the other sign": {
        "hw1/causal_conv/sees_the_past_and_the_present": (SIGN,),
        "hw1/causal_conv/strict_sees_the_past_only": (SIGN,),
        "hw1/masked_conv/kind_a": (SIGN,),
        "hw1/masked_conv/kind_b": (SIGN,),
        "hw1/masked_conv/stack_is_autoregressive": (SIGN,),
        "hw1/made/outputs_depend_on_earlier_variables_only": (SIGN,),
        "hw1/made/probabilities_sum_to_one": (SIGN,),
    },
    "with the other sign the logits look no further ahead": {"hw1/wavenet/logits_do_not_look_ahead": (SIGN,)},
    "with the other sign the logits see the same window": {"hw1/wavenet/window_and_skips": (SIGN,)},
    "a gated unit and a convolution after it: the sign is free": {"hw1/wavenet/block_is_gated": (SIGN,)},
    "a network with random weights: what its logits see is all that is asked": {
        "hw1/pixelcnn/logits_do_not_look_ahead": (SIGN, FIRST, OTHER),
        "hw1/pixelcnn/logits_see_what_came_before": (SIGN, OTHER),
        "hw5/code_prior/order": (SIGN,),
        "hw5/code_prior/label": (SIGN, ORDER, FIRST, OTHER),
    },
    "a mean over rows, which have no order": {"hw1/naive_monte_carlo/unbiased": (ORDER,)},
    "the sign is for `score_is_unbiased` to judge, once": {"hw2/gradient_estimators/baseline": (SIGN,)},
    "two changed signs leave the determinant: for `values` to judge": {"hw3/t2_formula/density": (SIGN,)},
    "-W is orthogonal as well, and W is drawn at random": {"hw3/glow_conv/start": (SIGN,)},
    "any orthogonal W is right, and W is drawn at random": {"hw3/glow_conv/start": (ORDER, OTHER)},
    "moments of the draws; `terms` judges draw by draw": {"hw3/flow_vae/draws": (ORDER,)},
    "frequencies of the draws are all that the docstring fixes": {"hw3/logistic_mixture/draws": (ORDER,)},
    "what is refused is all that is asked: the values are for other checks to judge": {
        "hw4/gan/another_kind": (ANY,),
        "hw4/generator_gradient/another_kind": (ANY,),
        "hw4/transport/refuses": (ANY,),
    },
    "a posterior of nearly the same x, trained as well": {"hw4/flow_posterior/learns_two_arms": (OTHER,)},
    "other codes of the same shape, in a model with random weights": {"hw5/vqvae/shapes": (ORDER, OTHER)},
    "a sum of squares, which have no sign": {"hw6/sde/langevin_at_rest": (SIGN,)},
    "a sum over chains, which have no order": {"hw6/sde/langevin_at_rest": (ORDER,)},
    "samples have no order": {"hw6/ncsn/learns": (ORDER,), "hw6/ddpm/learns": (ORDER,)},
    "samples of nearly the same two clusters": {"hw6/ncsn/learns": (OTHER,)},
}
EXCUSED = {
    (check, forgery): why
    for why, checks in REASONS.items()
    for check, forgeries in checks.items()
    for forgery in forgeries
}


@dataclass
class Kept:
    """The right answers of one run of a check, call by call."""

    answers: list[Any] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


class Answering:
    """A session that the reference answers, in this process; the answers are kept."""

    def __init__(self, check: Check, reference: SimpleNamespace) -> None:
        self.kept, self._check = Kept(), check
        self._grade = Grade(self, reference, check.module, 0)

    def renew(self) -> None:
        pass

    def call(self, probes: str, name: str, args: tuple, kwargs: dict) -> Any:
        answer = self._grade.reference(getattr(self._check.module, name), *args, **kwargs)
        self.kept.answers.append(answer)
        self.kept.names.append(name)
        return answer


class Forging:
    """A session that answers with what a forgery makes of the right answers."""

    def __init__(self, kept: Kept, other: Kept, forge: Forgery) -> None:
        self.kept, self.other, self.forge, self.calls = kept, other, forge, 0
        self.differs = False  # from the right answers: a forgery of what has no other value is none

    def renew(self) -> None:
        pass

    def call(self, probes: str, name: str, args: tuple, kwargs: dict) -> Any:
        number = min(self.calls, len(self.kept.answers) - 1)
        self.calls += 1
        forged = self.forge(number, self.kept, self.other)
        self.differs |= str(forged) != str(UNCHANGED(number, self.kept, self.other))
        return forged


Forgery = Callable[[int, Kept, Kept], Any]


def _each(change: Callable[[Tensor], Tensor]) -> Forgery:
    """Every number and tensor of the right answer, changed; texts and the form stay."""

    def made(value: Any) -> Any:
        if isinstance(value, Tensor):
            return change(value.to(torch.float64)) if value.numel() and not value.is_complex() else value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return change(torch.tensor(float(value), dtype=torch.float64)).item()
        if isinstance(value, list):
            return [made(item) for item in value]
        if isinstance(value, dict):
            return {key: made(item) for key, item in value.items()}
        return value

    return lambda number, kept, other: made(kept.answers[number])


UNCHANGED = _each(lambda value: value)


def _mean_everywhere(number: int, kept: Kept, other: Kept) -> Any:
    """The mean of all numbers of an answer in the place of each."""
    numbers: list[Tensor] = []

    def seen(value: Tensor) -> Tensor:
        numbers.append(value.flatten())
        return value

    _each(seen)(number, kept, other)
    mean = torch.cat(numbers).mean() if numbers else torch.zeros(())
    return _each(lambda value: mean.expand(value.shape).clone())(number, kept, other)


def _random(value: Tensor) -> Tensor:
    """Normal numbers with the right mean and spread."""
    generator = torch.Generator().manual_seed(SEED)
    spread = value.std() if value.numel() > 1 else value.abs()
    return value.mean() + spread * torch.randn(value.shape, generator=generator, dtype=torch.float64)


def _first_again(number: int, kept: Kept, other: Kept) -> Any:
    """The answer to the first question of that kind, whatever is asked."""
    return kept.answers[kept.names.index(kept.names[number])]


def _other_run(number: int, kept: Kept, other: Kept) -> Any:
    """The right answers of a run with other random numbers, as somebody may have hard-coded them."""
    return other.answers[min(number, len(other.answers) - 1)]


FORGERIES: dict[str, Forgery] = {
    "zeros": _each(torch.zeros_like),
    "ones": _each(torch.ones_like),
    "the mean everywhere": _mean_everywhere,
    "random numbers": _each(_random),
    SIGN: _each(lambda value: -value),
    ORDER: _each(lambda value: value.roll(1, 0) if value.dim() else value + 1),
    "huge numbers": _each(lambda value: torch.full_like(value, 0.9 * checking.LARGEST)),
    "far beyond": _each(lambda value: 1e200 * (1 + value.abs())),
    "next to nothing": _each(lambda value: 1e-300 * value),
    "not a number": _each(lambda value: torch.full_like(value, torch.nan)),
    "infinite": _each(lambda value: torch.full_like(value, torch.inf)),
    FIRST: _first_again,
    OTHER: _other_run,
}


def passed(check: Check, reference: SimpleNamespace) -> list[str]:
    """The forgeries that this check takes for right answers."""
    kept, other = (_answered(check, reference, seed) for seed in (SEED, OTHER_SEED))
    found = []
    for name, forge in FORGERIES.items():
        if name == FIRST and len(set(kept.names)) == len(kept.names):
            continue  # nothing is asked twice
        session = Forging(kept, other, forge)
        outcome = checking.run_check(check, session, reference, SEED)
        found += [name] if outcome.state == PASSED and session.differs else []
    return found


def _answered(check: Check, reference: SimpleNamespace, seed: int) -> Kept:
    session = Answering(check, reference)
    outcome = checking.run_check(check, session, reference, seed)
    if outcome.state != PASSED:
        raise RuntimeError(f"the reference fails {check.id}: {outcome.message} {outcome.detail}")
    return session.kept


def unexcused(check: str, found: list[str]) -> list[str]:
    """Those of the forgeries that passed for which EXCUSED has no reason."""
    return [name for name in found if (check, name) not in EXCUSED and (check, ANY) not in EXCUSED]


def _try(homework: Homework, only: str = "") -> dict[str, Any]:
    reference = checking.reference_namespace(homework)
    rows = {}
    for exercise in homework.exercises:
        if only not in ("", exercise.id):
            continue
        programs: dict[str, int] = {}
        for answer in proof.answers(homework, exercise, proof.WRONG):
            programs[answer.caught_by] = programs.get(answer.caught_by, 0) + ("forged" in answer.name)
        for check in checking.load_checks(homework, exercise):
            found = passed(check, reference)
            rows[f"{homework.id}/{check.id}"] = {
                "points": format_points(check.points),
                "programs": programs.get(check.id, 0),
                "passed": found,
            }
            if wrong := unexcused(f"{homework.id}/{check.id}", found):
                print(f"{homework.id}/{check.id} takes for right: {', '.join(wrong)}", file=sys.stderr, flush=True)
    return rows


def page(rows: dict[str, Any]) -> str:
    """The table, as Markdown."""
    wrong = {check: unexcused(check, row["passed"]) for check, row in rows.items()}
    lines = [
        "# Forgeries tried against every hidden check",
        "",
        "Made by `make forgeries`. Each check met its reference's answers, changed in these ways: "
        f"{', '.join(FORGERIES)}. *Programs* counts the forgeries that are programs of their own, in the "
        "exercise's catalogue of mistakes under a name with `forged`; all of those lose their check, which `make test` "
        "and `make validate` show. *Got* are the points that a forgery was given: 0 is wanted, and where it is "
        "another number the reason stands beside it.",
        "",
        f"{len(rows)} checks, {len(FORGERIES)} forgeries each, {sum(row['programs'] for row in rows.values())} "
        f"programs; {sum(map(bool, wrong.values()))} checks give points that are not deserved. What does not stand "
        "here was not tried with the checks as they are: `make forgeries` tries it.",
        "",
        "| check | worth | programs | got | reason |",
        "|---|---|---|---|---|",
    ]
    for check, row in rows.items():
        reasons = {
            EXCUSED.get((check, name), EXCUSED.get((check, ANY), "NOT DESERVED")): None for name in row["passed"]
        }
        why = "; ".join(f"{', '.join(row['passed'])}: {reason}" for reason in reasons)
        got = row["points"] if row["passed"] else "0"
        lines.append(f"| {check} | {row['points']} | {row['programs'] or ''} | {got} | {why} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder.validation.forgeries", description=__doc__)
    parser.add_argument("--hw", default="", help="one homework only")
    parser.add_argument("--exercise", default="", help="one exercise only; what is known of the others stays")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    KEPT.mkdir(parents=True, exist_ok=True)
    for homework in load_course().given:
        if options.hw in ("", homework.id):
            kept = KEPT / f"{homework.id}.json"
            old = json.loads(kept.read_text()) if options.exercise and kept.exists() else {}
            kept.write_text(json.dumps(old | _try(homework, options.exercise), indent=1))
    rows: dict[str, Any] = {}
    for path in sorted(KEPT.glob("hw*.json")):
        rows |= json.loads(path.read_text())
    Path(PAGE).write_text(page(rows), encoding="utf-8")
    return int(any(unexcused(check, row["passed"]) for check, row in rows.items()))


if __name__ == "__main__":
    sys.exit(main())
