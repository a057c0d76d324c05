"""Time the reference implementations beside peer libraries, and print how far their numbers agree.

    python -m solutions.bench [--rounds N] [--only TEXT ...] [--output FILE]

--only keeps the operations that have TEXT in the exercise or the name ("hw1", "made", "gradient"); the record goes to
build/bench/models.json unless --output says where. A peer that is not installed gets a row that says so.

Exit    0 everything that could be compared agrees, 1 something does not or a peer broke, 2 wrong usage.
"""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

OUTPUT = Path(__file__).resolve().parents[2] / "build" / "bench" / "models.json"
ONE_THREAD = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]
ROUNDS = 15


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m solutions.bench", description="Reference models beside peers.")
    parser.add_argument("--rounds", type=_at_least_one, default=ROUNDS, help=f"rounds of timing (default {ROUNDS})")
    parser.add_argument("--only", nargs="+", default=[], metavar="TEXT", help="operations with this in their name")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where the record goes")
    options = parser.parse_args(arguments)

    for variable in ONE_THREAD:  # read when the libraries load, hence the imports below
        os.environ[variable] = "1"
    import torch
    from rich.console import Console

    from solutions.bench.harness import compare
    from solutions.bench.report import machine, table
    from solutions.bench.suite import OPERATIONS, WITHOUT_PEER

    torch.set_num_threads(1)
    operations = [
        operation
        for operation in OPERATIONS
        if not options.only or any(text in f"{operation.group} {operation.name}" for text in options.only)
    ]
    if not operations:
        parser.error(f"no operation has {' or '.join(map(repr, options.only))} in its name")

    progress = Console(stderr=True)
    rows = []
    for operation in operations:
        progress.print(f"{operation.group}: {operation.name}", style="dim", highlight=False)
        rows += compare(operation, options.rounds)

    words = ["python", "-m", "solutions.bench", *(sys.argv[1:] if arguments is None else arguments)]
    record = {
        "machine": machine(),
        "command": shlex.join(words),
        "measured": date.today().isoformat(),
        "rounds": options.rounds,
        "rows": [row.record() for row in rows],
        "without_peer": WITHOUT_PEER,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(record, indent=1, allow_nan=False) + "\n")

    console = Console(width=max(Console().width, 165))  # all columns, in a file as well
    console.print(table(rows))
    console.print(f"Written to {options.output}", highlight=False, soft_wrap=True)
    return int(any(row.bad for row in rows))


if __name__ == "__main__":
    sys.exit(main())
