"""What the trials say: a summary per exercise, a table for the terminal, and `autograder/VALIDATION.md`."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from rich import box
from rich.console import JustifyMethod
from rich.table import Table
from scipy.stats import beta

from autograder.checking import load_checks
from autograder.course import Exercise, Homework, format_points
from autograder.errors import AutograderError
from autograder.provenance import CHECKS
from autograder.validation.promises import contract
from autograder.validation.proof import RIGHT, WRONG
from autograder.validation.trials import ARCHITECTURE, MUTANT, REFERENCE, STUB, Result

CONFIDENCE = 0.95
KILL_RATE = Fraction(95, 100)  # the goal: of mutants that are not equivalent
STRANGERS = CHECKS / "strangers.md"  # what others tried, written by hand
KILLED, ALIVE, EQUIVALENT = "killed", "alive", "equivalent"


class ValidationError(AutograderError):
    """The list of equivalent mutants breaks the rules; the sentence says how."""


def equivalents(homework: Homework) -> dict[str, dict[str, str]]:
    """Per exercise the mutants that are right, by name, with the reason. Raises ValidationError.

    `checks/<homework>/equivalent.toml` has a table per exercise; a key is a reason, its value the mutants' names.
    """
    path = CHECKS / homework.id / "equivalent.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except tomllib.TOMLDecodeError as error:
        raise ValidationError(f"{path.name} of {homework.id} is no TOML: {error}") from None
    if strangers := set(content) - {exercise.id for exercise in homework.exercises}:
        raise ValidationError(f"{path.name}: {homework.id} has no exercise {', '.join(sorted(strangers))}")
    found: dict[str, dict[str, str]] = {}
    for exercise, reasons in content.items():
        found[exercise] = {name: reason for reason, names in reasons.items() for name in names}
        if len(found[exercise]) != sum(map(len, reasons.values())):
            raise ValidationError(f"{path.name}: a mutant of {homework.id}/{exercise} is listed twice")
    return found


def upper_bound(failures: int, tries: int) -> float:
    """The rate that is exceeded with at most 5 % doubt (Clopper & Pearson 1934, one-sided)."""
    return 1.0 if failures >= tries else float(beta.ppf(CONFIDENCE, failures + 1, tries - failures))


@dataclass
class Summary:
    """The trials of one exercise."""

    homework: Homework
    exercise: Exercise
    reasons: dict[str, str]  # of the mutants that are listed as equivalent
    results: list[Result] = field(default_factory=list)

    def of(self, kind: str) -> list[Result]:
        return [result for result in self.results if result.kind == kind]

    @cached_property
    def worth(self) -> dict[str, Fraction]:
        return {check.id: check.points for check in load_checks(self.homework, self.exercise)}

    @property
    def false_failures(self) -> list[Result]:
        return [result for result in self.of(REFERENCE) if result.lost]

    @property
    def stub_points(self) -> Fraction:
        """The most that what students receive got."""
        lost = [result.points_lost(self.worth) for result in self.of(STUB)]
        return self.exercise.points - min(lost, default=Fraction(0))

    @property
    def wrong_that_pass(self) -> list[Result]:
        return [result for result in self.of(WRONG) if not result.lost]

    @property
    def right_that_lose(self) -> list[Result]:
        return [result for result in self.of(RIGHT) if result.lost]

    @property
    def architectures_that_lose(self) -> list[Result]:
        return [result for result in self.of(ARCHITECTURE) if result.lost]

    def verdict(self, mutant: Result) -> str:
        return KILLED if mutant.lost else EQUIVALENT if mutant.name in self.reasons else ALIVE

    def _mutants(self, verdict: str) -> list[Result]:
        return [mutant for mutant in self.of(MUTANT) if self.verdict(mutant) == verdict]

    @property
    def killed(self) -> list[Result]:
        return self._mutants(KILLED)

    @property
    def alive(self) -> list[Result]:
        return self._mutants(ALIVE)

    @property
    def equivalent(self) -> list[Result]:
        return self._mutants(EQUIVALENT)

    @property
    def outdated(self) -> list[str]:
        """Mutants listed as equivalent that do not exist, or that lose points."""
        return sorted(set(self.reasons) - {result.name for result in self.equivalent})

    @property
    def broken(self) -> list[Result]:
        return [result for result in self.results if result.broke]

    @property
    def shares_lost(self) -> list[Fraction]:
        """How much of the exercise's points each killed mutant loses."""
        return [result.points_lost(self.worth) / self.exercise.points for result in self.killed]

    def problems(self, whole: bool = True) -> list[str]:
        """Sentences on everything that is not as it should be, living mutants aside: their share is judged.

        `whole` says that all mutants were tried, so that those listed as equivalent should be among them.
        """
        here = f"{self.homework.id}/{self.exercise.id}"
        found = [f"{here}: the reference loses {', '.join(r.lost)} with seed {r.seed}" for r in self.false_failures]
        if self.of(STUB) and self.stub_points:
            found.append(f"{here}: the stub gets {format_points(self.stub_points)} points")
        found += [f"{here}: wrong answer {r.name} keeps its points with seed {r.seed}" for r in self.wrong_that_pass]
        found += [f"{here}: right {r.name} loses {', '.join(r.lost)} with seed {r.seed}" for r in self.right_that_lose]
        found += [
            f"{here}: the architecture {r.name} loses {', '.join(r.lost)} with seed {r.seed}"
            for r in self.architectures_that_lose
        ]
        found += [f"{here}: the grader broke on {r.kind} {r.name}, seed {r.seed}" for r in self.broken]
        if whole:
            found += [f"{here}: listed as equivalent and is not (any more): {name}" for name in self.outdated]
        return found


def kill_rate(summaries: Iterable[Summary]) -> tuple[int, int]:
    """Mutants that lost points, and mutants that should."""
    summaries = list(summaries)
    killed = sum(len(summary.killed) for summary in summaries)
    return killed, killed + sum(len(summary.alive) for summary in summaries)


def architecture_sentences(summaries: Iterable[Summary]) -> list[str]:
    """A sentence for each exercise that leaves its architecture free: what of the grid kept all points."""
    return [
        f"{summary.exercise.id}: {len({run.name for run in runs})} architectures, "
        f"{len(runs) - len(summary.architectures_that_lose)} of {len(runs)} runs kept all points; false failures below "
        f"{upper_bound(len(summary.architectures_that_lose), len(runs)):.2%}."
        for summary in summaries
        if (runs := summary.of(ARCHITECTURE))
    ]


COLUMNS = (
    "exercise",
    "reference",
    "false failures below",
    "stub",
    "wrong",
    "right",
    "mutants",
    "killed",
    "alive",
    "equivalent",
    "lost",
    "least",
)


def rows(summaries: Iterable[Summary]) -> list[tuple[str, ...]]:
    """The table: a line per exercise, and one for all."""
    summaries = list(summaries)
    table = [_row(summary.exercise.id, [summary]) for summary in summaries]
    return [*table, _row("all", summaries)]


def _row(name: str, summaries: list[Summary]) -> tuple[str, ...]:
    def total(of: str) -> int:
        return sum(len(getattr(summary, of)) for summary in summaries)

    def kind(of: str) -> int:
        return sum(len(summary.of(of)) for summary in summaries)

    runs, failures = kind(REFERENCE), total("false_failures")
    shares = [share for summary in summaries for share in summary.shares_lost]
    return (
        name,
        f"{runs - failures}/{runs}",
        f"{upper_bound(failures, runs):.2%}" if runs else "",
        format_points(sum((summary.stub_points for summary in summaries if summary.of(STUB)), Fraction(0))),
        f"{kind(WRONG) - total('wrong_that_pass')}/{kind(WRONG)}",
        f"{kind(RIGHT) - total('right_that_lose')}/{kind(RIGHT)}",
        str(kind(MUTANT)),
        str(total("killed")),
        str(total("alive")),
        str(total("equivalent")),
        f"{float(sum(shares) / len(shares)):.0%}" if shares else "",
        f"{float(min(shares)):.0%}" if shares else "",
    )


def terminal_table(homework: Homework, summaries: list[Summary]) -> Table:
    table = Table(title=homework.title, title_justify="left", box=box.SIMPLE_HEAD)
    table.collapse_padding, table.pad_edge = True, False
    lines = rows(summaries)
    for name, *cells in zip(COLUMNS, *lines, strict=True):
        justify: JustifyMethod = "left" if name == "exercise" else "right"
        table.add_column(name, justify=justify, min_width=max(map(len, cells)), overflow="fold")
    for line in lines:
        table.add_row(*line)
    return table


def page(homeworks: dict[Homework, list[Summary]], command: str) -> str:
    """VALIDATION.md as text."""
    parts = [INTRODUCTION.format(command=command)]
    for homework, summaries in homeworks.items():
        killed, total = kill_rate(summaries)
        parts.append(f"## {homework.id}: {homework.title}\n")
        parts.append(f"{killed} of the {total} mutants that are wrong lose points: {killed / max(1, total):.1%}.\n")
        parts += _promised(homework, [summary.exercise for summary in summaries])
        parts.append(_markdown(COLUMNS, rows(summaries)))
        if sentences := architecture_sentences(summaries):
            parts.append("### Architectures that the docstring leaves free\n")
            parts += [*(f"- {sentence}" for sentence in sentences), ""]
        parts.append("### Which check notices what\n")
        parts.append(_markdown(CHECK_COLUMNS, [row for summary in summaries for row in _check_rows(summary)]))
        if any(summary.alive for summary in summaries):
            parts.append("### Mutants that live\n")
            parts += [f"- {s.exercise.id}, {_code(result.name)}" for s in summaries for result in s.alive]
            parts.append("")
        if any(summary.equivalent for summary in summaries):
            parts.append("### Mutants that are right answers\n")
            for summary in summaries:
                parts += _equivalent_lines(summary)
    if STRANGERS.exists():
        parts += ["", STRANGERS.read_text(encoding="utf-8")]
    return "\n".join(parts).rstrip() + "\n"


MUTANT_COLUMNS = ("homework", "exercise", "mutant", "verdict", "points lost", "of", "checks that notice")


def mutant_rows(summaries: Iterable[Summary]) -> list[tuple[str, ...]]:
    """A row for every mutant: what it changes, what it loses, and on which checks."""
    return [
        (
            summary.homework.id,
            summary.exercise.id,
            mutant.name,
            summary.verdict(mutant),
            format_points(mutant.points_lost(summary.worth)),
            format_points(summary.exercise.points),
            " ".join(check.partition("/")[2] for check in mutant.lost),
        )
        for summary in summaries
        for mutant in summary.of(MUTANT)
    ]


def _promised(homework: Homework, exercises: Iterable[Exercise]) -> list[str]:
    contracts = [found for exercise in exercises if (found := contract(homework, exercise))]
    promises, sentences = sum(c.count for c in contracts), sum(len(c.sentences) for c in contracts)
    line = (
        f"{promises} promises in the {sentences} sentences of the docstrings, each with the checks that notice a breach"
    )
    return [f"{line}.\n"] if contracts else []


CHECK_COLUMNS = ("check", "points", "named wrong answers", "mutants", "mutants that only it notices")


def _check_rows(summary: Summary) -> list[tuple[str, ...]]:
    wrong = Counter(check for result in summary.of(WRONG) if result.seed == 0 for check in result.lost)
    mutants = Counter(check for result in summary.killed for check in result.lost)
    alone = Counter(result.lost[0] for result in summary.killed if len(result.lost) == 1)
    return [
        (f"`{check}`", format_points(points), str(wrong[check]), str(mutants[check]), str(alone[check]))
        for check, points in summary.worth.items()
    ]


def _equivalent_lines(summary: Summary) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for result in summary.equivalent:
        by_reason.setdefault(summary.reasons[result.name], []).append(result.name)
    lines = []
    for reason, names in by_reason.items():
        lines += [f"- {summary.exercise.id}: {reason}", *(f"    - {_code(name)}" for name in names)]
    return [*lines, ""] if lines else []


def _code(name: str) -> str:
    """The name of a mutant in Markdown: it has backticks where code begins and ends."""
    return name.replace("|", "\\|")


def _markdown(columns: Iterable[str], table: Iterable[Iterable[str]]) -> str:
    columns = list(columns)
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in table)]) + "\n"


INTRODUCTION = """\
# How well the hidden checks tell right from wrong

Written by `{command}`; every answer went through the real reader, sandbox and judge.

- **reference**: the reference solution on so many seeds, and how often it got everything. *False failures below*: the
  rate of false failures is below this with 95 % confidence (Clopper-Pearson).
- **stub**: the points of what students receive.
- **wrong**: the named mistakes in `checks/*/*.mistakes.md`, each with three seeds: how many lost points on the check
  that is meant for them.
- **right**: the correct alternatives in `checks/*/right/` and under `## Base` in the catalogues of mistakes, each with
  five seeds: how many kept everything.
- **architectures**: where a docstring leaves the network free, a grid of them (`checks/*/architectures.py`), each with
  several seeds: how many runs kept everything.
- **mutants**: the reference with one change made by machine (`validation/mutants.py`): an operator, a sign, a term, a
  constant, an index, an axis, a reduction, a `detach`, arguments, a statement. *Killed* ones lost points, *equivalent*
  ones are right answers too and are listed with the reason in `checks/*/equivalent.toml`; *alive* ones are neither.
  *Lost* is the mean share of the exercise's points that a killed mutant loses, *least* that of the one that loses
  least. `make validate` also writes `build/validation/mutants.csv`: every mutant with what it changes, the points
  that it loses and the checks that notice it.
"""
