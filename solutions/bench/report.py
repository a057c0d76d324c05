"""The table of a run and what it was measured on."""

import platform
from collections.abc import Sequence
from importlib import metadata

from rich.table import Table
from rich.text import Text

from solutions.bench.harness import Row
from solutions.bench.suite import WITHOUT_PEER
from solutions.machine import machine as processor

PACKAGES = [
    "torch",
    "numpy",
    "scipy",
    "scikit-learn",
    "nflows",
    "zuko",
    "pyro-ppl",
    "pythae",
    "pytorch-tcn",
    "prdc",
    "vector-quantize-pytorch",
    "torchdiffeq",
    "diffusers",
]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def machine() -> dict[str, object]:
    """The processor, the interpreter and the versions of all libraries, for the record."""
    return {
        "processor": processor(),
        "python": platform.python_version(),
        "packages": {package: _version(package) for package in PACKAGES},
    }


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _ratio(row: Row) -> Text:
    if row.ratio is None or row.ratio_low is None or row.ratio_high is None:
        return Text(row.problem, style="red" if row.bad else "dim")
    # Red or green only where three quarters of the rounds say the same.
    style = "green" if row.ratio_low > 1 else "red" if row.ratio_high < 1 else ""
    return Text(f"{row.ratio:.2f}", style=style)


def _spread(row: Row) -> str:
    return "" if row.ratio is None else f"{row.ratio_low:.2f} - {row.ratio_high:.2f}"


def table(rows: Sequence[Row]) -> Table:
    """One line per peer. A row whose numbers do not agree says so in the last column."""
    caption = [
        "CPU ms per call, median over the rounds, one thread; ratio = peer / ours: above 1, ours is faster.",
        "Half of the rounds had a ratio in the range given; where that contains 1, nobody is faster.",
        "Agreement: the largest difference of any number, relative where the number is larger than 1.",
        "Without a peer: " + "; ".join(f"{exercise} ({why})" for exercise, why in WITHOUT_PEER.items()) + ".",
    ]
    result = Table(title="Reference implementations beside peers", caption="\n".join(caption), caption_justify="left")
    for name in ("exercise", "operation", "size", "peer"):
        result.add_column(name, overflow="fold")
    for name in ("ours", "peer's", "ratio", "half of rounds", "agreement"):
        result.add_column(name, justify="right")
    previous = None
    for row in rows:
        head = (row.group, row.operation, row.note)
        agreement = Text(row.agreement, style="bold red" if row.bad else "")
        result.add_row(
            *(("", "", "") if head == previous else head),
            row.peer,
            _ms(row.ours_ms),
            _ms(row.peer_ms),
            _ratio(row),
            _spread(row),
            agreement,
        )
        previous = head
    return result
