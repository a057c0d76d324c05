"""`make attack`: every attack against the real grader, and a table. `--quick` leaves out what takes minutes.

Exit code 0 when all went as expected, 1 when something did not, 3 when the sandbox does not work here.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

import torch
from rich import box
from rich.console import Console
from rich.table import Table

from autograder.attacks import classes, disk, killing, neighbours
from autograder.attacks.attack import MARKER_FILE, Verdict, run
from autograder.attacks.suite import ATTACKS
from autograder.course import ROOT
from autograder.pages.terminal import console, safe
from autograder.records import printable
from autograder.sandbox import Sandbox, kernel, sandbox_problem
from autograder.sandbox.warden import descendants

KILLS, REAL_KILLS = 50, 6
WORKERS = 3  # one more than the processors of a small machine: many attacks only wait


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    out = console()
    if problem := sandbox_problem():
        print(problem, file=sys.stderr)
        return 3
    kernel.adopt_orphans()  # what escapes from any sandbox becomes a child of this process, and is seen
    begin = time.monotonic()
    with _watched() as leftovers:
        verdicts = []
        for verdict in _verdicts(options):
            _tell(verdict)
            verdicts.append(verdict)
    place = {attack.id: number for number, attack in enumerate(ATTACKS)}
    verdicts.sort(key=lambda verdict: place.get(verdict.id, len(place)))
    verdicts.append(_after(leftovers))
    _show(out, verdicts, time.monotonic() - begin)
    return int(any(verdict.problems for verdict in verdicts))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m autograder.attacks", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="single submissions and the class only")
    parser.add_argument("--only", default="", help="names or letters of attacks, or class, disk, kills, neighbours")
    parser.add_argument("--kills", type=int, default=KILLS, help="how often the judge is killed in a batch")
    parser.add_argument("--seed", type=int, default=0, help="of the moments of killing")
    return parser.parse_args(arguments)


# --- the work: pieces that run side by side -------------------------------------------------------------------------


def _verdicts(options: argparse.Namespace) -> Iterator[Verdict]:
    """Every verdict as it is ready. Workers are forked, so that torch and the checks are loaded once."""
    pieces = list(_pieces(options))
    torch.set_num_threads(1)  # for the forks, see `stages.small_course`
    with ProcessPoolExecutor(min(WORKERS, len(pieces) or 1), mp_context=get_context("fork")) as pool:
        running = {pool.submit(_do, work, argument): str(argument) for work, argument in pieces}
        for future in as_completed(running):
            try:
                yield from future.result()
            except BrokenExecutor:
                yield Verdict(running[future], "A", "", "a verdict", "none", ("the judge's own process died",), 0.0)
    if _wants(options, "neighbours") and not options.quick:  # what is measured here is time, so nothing else runs
        begin = time.monotonic()
        problems, sentence = neighbours.measure()
        story = "a perfect submission beside ten attackers on two workers"
        expected = "full points in less than twice the time"
        yield Verdict("loud neighbours", "C", story, expected, sentence, tuple(problems), time.monotonic() - begin)


def _wants(options: argparse.Namespace, *names: str) -> bool:
    wanted = set(filter(None, options.only.split(",")))
    return not wanted or not wanted.isdisjoint(names)


def _pieces(options: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    """The name of a function of WORK and its argument, the long ones first."""
    if _wants(options, "kills") and not options.quick:
        half = options.kills // 2
        yield "killed", (options.kills - half, options.seed, "none")
        yield "killed", (half, options.seed + 1, "none")
        yield "killed", (min(REAL_KILLS, options.kills), options.seed + 2, "bubblewrap")
    if _wants(options, "disk") and not options.quick:
        yield "full", None
        yield "read only", None
    if _wants(options, "class"):
        yield "class", None
    chosen = [number for number, attack in enumerate(ATTACKS) if _wants(options, attack.id, attack.threat)]
    for number in sorted(chosen, key=lambda number: -ATTACKS[number].limits.get("wall_seconds", 0)):
        yield "attack", number


def _do(work: str, argument: Any) -> list[Verdict]:
    try:
        return WORK[work](argument)
    except Exception as error:  # what breaks here is one row of the table, not the end of it
        name = ATTACKS[argument].id if work == "attack" else work
        problem = f"the attack itself broke: {type(error).__name__}: {error}"
        return [Verdict(name, "A", "", "a verdict", "none", (problem,), 0.0)]


@cache
def _sandbox() -> Sandbox:
    """This worker's own, until the worker ends."""
    sandbox = Sandbox("bubblewrap")
    Finalize(None, sandbox.close, exitpriority=10)
    return sandbox


def _measured(name: str, story: str, work: Callable[[], list[str]]) -> list[Verdict]:
    begin = time.monotonic()
    problems = work()
    expected = "a sentence, exit code 3, all intact"
    got = expected if not problems else "something else"
    return [Verdict(name, "C", story, expected, got, tuple(problems), time.monotonic() - begin)]


def _killed(how: tuple[int, int, str]) -> list[Verdict]:
    kills, seed, isolation = how
    begin = time.monotonic()
    rounds = killing.survive(kills, seed, isolation)
    name = f"{kills} kills, seed {seed}" + (", with the sandbox" if isolation == "bubblewrap" else "")
    got = f"{rounds.kills} kills, {rounds.in_the_middle} in the middle of the batch"
    story = "SIGKILL to a batch at random moments, then a second run"
    expected = "nothing lost, doubled or repeated"
    return [Verdict(name, "D", story, expected, got, tuple(rounds.problems), time.monotonic() - begin)]


WORK: dict[str, Callable[[Any], list[Verdict]]] = {
    "attack": lambda number: [run(ATTACKS[number], _sandbox())],
    "class": lambda _: classes.run(),
    "full": lambda _: _measured("full disk", "records, gradebook and pages on a disk that fills up", disk.full),
    "read only": lambda _: _measured("read-only folder", "all of them in a folder that is read-only", disk.read_only),
    "killed": _killed,
}


# --- what is left afterwards ----------------------------------------------------------------------------------------


@contextmanager
def _watched() -> Iterator[list[str]]:
    """A temporary folder of our own while it lasts; afterwards the list says what was left behind."""
    leftovers: list[str] = []
    before = os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        try:
            yield leftovers
        finally:
            tempfile.tempdir = None
            if before is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = before
            leftovers += _processes()
            leftovers += [str(path) for path in Path(folder).iterdir() if not _is_torchs_own(path)]
            leftovers += _marked_files()


def _is_torchs_own(path: Path) -> bool:
    """Whether this is the empty cache folder that torch makes where the judge itself first uses an optimiser."""
    return path.name.startswith("torchinductor_") and path.is_dir() and not any(path.iterdir())


def _processes() -> list[str]:
    """Processes that are still below this one, but for those that have ended and wait to be counted."""
    until = time.monotonic() + 5
    while True:
        _reap()
        alive = descendants(os.getpid())
        if not alive or time.monotonic() > until:
            return [f"process {number}" for number in alive]
        time.sleep(0.05)


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _marked_files() -> list[str]:
    """Files that attacks tried to leave: where they would be seen by others."""
    folders = [Path("/tmp"), Path("/dev/shm"), Path("/var/tmp"), Path.home(), ROOT, ROOT / "autograder" / "sandbox"]
    folders += [Path(folder) for folder in sys.path if os.path.isdir(folder)]
    return [str(found) for folder in set(folders) for found in folder.glob(f"{MARKER_FILE}*")]


def _after(leftovers: list[str]) -> Verdict:
    expected = "no process, no file"
    got = expected if not leftovers else ", ".join(leftovers[:3])
    return Verdict("afterwards", "D", "what all of them left behind", expected, got, tuple(leftovers), 0.0)


# --- the table ------------------------------------------------------------------------------------------------------


def _tell(verdict: Verdict) -> None:
    """A line per attack as it ends: the table comes last."""
    sign = "NOT AS EXPECTED" if verdict.problems else "as expected"
    print(printable(f"{verdict.threat} {verdict.id}: {sign}, {verdict.seconds:.1f} s"), file=sys.stderr, flush=True)


def _show(out: Console, verdicts: list[Verdict], seconds: float) -> None:
    table = Table(box=box.SIMPLE_HEAD, title="attacks", title_justify="left")
    for name in ("", "attack", "expected", "got"):
        table.add_column(name, overflow="fold")
    table.add_column("s", justify="right")
    for verdict in verdicts:
        style = "red" if verdict.problems else ""
        texts = (verdict.threat, verdict.id, verdict.expected, verdict.got[:120])
        table.add_row(*(safe(text, style) for text in texts), f"{verdict.seconds:.1f}")
    out.print(table)
    wrong = [verdict for verdict in verdicts if verdict.problems]
    for verdict in wrong:
        out.print(safe(f"{verdict.id} ({verdict.story}):", "bold red"))
        for problem in verdict.problems[:10]:
            out.print(safe(f"  {problem[:1500]}"), soft_wrap=True)
    out.print(f"{len(verdicts)} attacks, {len(wrong)} not as expected, {seconds:.0f} s.")


if __name__ == "__main__":
    sys.exit(main())
