"""`make bench`: measure, write build/bench/*.json, and BENCHMARKS.md from them.

    python -m autograder.bench [--full | --quick] [--only light|heavy|scale|course|models|page]

Exit codes: 0 done, 2 something could not be measured (the sentence says what).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime

from autograder.bench import class_size, grading, page, peers, places, scale
from autograder.bench.machine import machine
from autograder.bench.measure import CommandFailedError
from autograder.course import ROOT

PARTS = ("light", "heavy", "scale", "course", "models", "page")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder.bench", description="How fast grading is.")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--full", action="store_true", help="larger classes of homework 1, and twice; takes half an hour")
    size.add_argument("--quick", action="store_true", help="a few submissions of each: numbers that only look right")
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part; may be given several times")
    options = parser.parse_args()
    sizes = places.FULL if options.full else places.QUICK if options.quick else places.USUAL
    command = "make bench" + (" FULL=1" if options.full else " QUICK=1" if options.quick else "")
    failed = False
    for part in options.only or PARTS:
        try:
            _run(part, sizes, command)
        except (CommandFailedError, peers.PeersError) as error:  # the other parts are worth having
            print(f"bench: {part}: {error}", file=sys.stderr)
            failed = True
    return 2 if failed else 0


def _run(part: str, sizes: places.Sizes, command: str) -> None:
    print(f"bench: {part}", file=sys.stderr, flush=True)
    if part == "page":
        page.write(ROOT / "BENCHMARKS.md", places.BUILD)
        return
    if part == "models":
        python = peers.provide()
        paths = os.pathsep.join([str(ROOT), str(ROOT / "homeworks")])
        done = subprocess.run([python, "-m", "solutions.bench"], cwd=ROOT, env=os.environ | {"PYTHONPATH": paths})
        if done.returncode != 0:
            raise CommandFailedError("some models could not be measured, or disagree (see above)")
        return
    if part not in ("scale", "course"):
        peers.provide()
    parts = {
        "light": grading.light_class,
        "heavy": grading.heavy_class,
        "scale": scale.scale,
        "course": class_size.whole_course,
    }
    found = parts[part](sizes)
    about = {"machine": machine(), "command": command, "measured": datetime.now(UTC).date().isoformat()}
    places.keep(part, about | found)


if __name__ == "__main__":
    sys.exit(main())
