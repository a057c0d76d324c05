"""Train the reference models on real images and measure them: `make results`.

    python -m solutions.results [--model NAME] [--budget CPU_SECONDS] [--seed N] [--fresh] [--list]

Every model trains for the same number of CPU seconds on one thread, and is then measured on all test images of its
data set. An interrupted run goes on from its last checkpoint (in build/results, every 10 CPU seconds); a model that has
been measured with the same settings is not trained again unless --fresh is given. The numbers and pictures go to
solutions/results/measured/, the page that shows them beside the published figures to solutions/RESULTS.md.

Seed    fixes the first weights, the batches and all noise. How many steps fit into the budget is up to the machine.
Exit    0 measured, 1 something is missing or a value is not plausible, 2 wrong usage, 130 interrupted.
"""

import argparse
import math
import os
import sys
from functools import cache
from pathlib import Path

import torch
from dgm.images import DataError

from solutions.results.entry import Data, DataSet
from solutions.results.harness import ResultsError, measured, record_file, run
from solutions.results.page import write_page
from solutions.results.pictures import save_grid
from solutions.results.suite import MODELS, NOTES

SOLUTIONS = Path(__file__).resolve().parents[1]
CHECKPOINTS = SOLUTIONS.parent / "build" / "results"
RESULTS = SOLUTIONS / "results" / "measured"
PAGE = SOLUTIONS / "RESULTS.md"
BUDGET = 300.0  # CPU seconds for each model
MOST = 600.0
TEST_GRID = (3, 8)  # rows and columns of test images


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m solutions.results", description=__doc__.split("\n")[0])
    parser.add_argument("--model", choices=MODELS, action="append", help="only this one (may be repeated)")
    parser.add_argument("--budget", type=float, default=BUDGET, help=f"CPU seconds per model ({BUDGET:.0f})")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fresh", action="store_true", help="train again what has been trained or measured")
    parser.add_argument("--list", action="store_true", help="the models and what each learns from; nothing is trained")
    options = parser.parse_args(arguments)
    if not 0 < options.budget <= MOST:
        parser.error(f"--budget must lie in 0..{MOST:.0f} CPU seconds, got {options.budget:g}")
    names = options.model or list(MODELS)
    if options.list:
        print("\n".join(f"{name:12} {MODELS[name].title}: {MODELS[name].data.title}" for name in names))
        return 0
    torch.set_num_threads(1)
    try:
        _measure(names, options)
    except (DataError, ResultsError) as error:
        print(f"No results: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted: the same command, without --fresh, goes on from the last checkpoint.", file=sys.stderr)
        return 130
    print(f"Wrote {os.path.relpath(PAGE)}")
    return 0


def _measure(names: list[str], options: argparse.Namespace) -> None:
    """Measure what has not been measured with these settings, and write the page after each."""
    loaded = cache(_loaded)
    if options.fresh:
        for name in names:
            (CHECKPOINTS / f"{name}.pt").unlink(missing_ok=True)
            record_file(RESULTS, name).unlink(missing_ok=True)
    for name in names:
        entry = MODELS[name]
        if measured(name, entry, options.budget, options.seed, RESULTS):
            print(f"{name}: measured already (--fresh trains it again)")
            continue
        record = run(name, entry, loaded(entry.data), options.budget, options.seed, CHECKPOINTS, RESULTS)
        print(name + ": " + ", ".join(f"{key} {value:.2f}" for key, (value, _) in record["values"].items()))
        write_page(PAGE, RESULTS, MODELS, NOTES)
    write_page(PAGE, RESULTS, MODELS, NOTES)


def _loaded(data_set: DataSet) -> Data:
    """The data, whose first test images become a picture of the page."""
    data = data_set.load()
    RESULTS.mkdir(parents=True, exist_ok=True)
    save_grid(data.images[: math.prod(TEST_GRID)], TEST_GRID[1], RESULTS / f"{data_set.name}.png")
    return data


if __name__ == "__main__":
    sys.exit(main())
