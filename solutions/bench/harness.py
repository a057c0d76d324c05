"""One operation, ours and the peers': first whether the numbers agree, then what a call costs.

Agreement  in float64 (or as the operation says), on the same inputs, weights and noise: the largest difference of any
           number, relative to it when it is larger than 1.
Time       in the precision that the operation is used in. Everybody is warmed up, then timed in turn, in a new order
           every round; the median over the rounds counts. CPU time is what is compared: other processes on the machine
           stretch the wall clock far more.
"""

import contextlib
import gc
import io
import math
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

SEED = 20_260_901
SAMPLE_SECONDS = 0.01  # a call that is shorter is repeated until this much CPU time has passed
MOST_REPEATS = 2_000

Call = Callable[[], object]


@dataclass(frozen=True)
class Work:
    """An operation on fixed inputs. `peers` maps a name to a function that imports the peer and returns its call."""

    ours: Call
    peers: dict[str, Callable[[], Call]]


@dataclass(frozen=True)
class Operation:
    """An operation of the exercise `group`, e.g. "hw1/made". `build(dtype)` makes the work in that precision.

    `timed_in` is the precision of the timed calls and `checked_in` that of the agreement; `tolerance` is the largest
    difference that counts as agreement; `note` says how large the work is.
    """

    group: str
    name: str
    note: str
    build: Callable[[torch.dtype], Work]
    timed_in: torch.dtype = torch.float32
    checked_in: torch.dtype = torch.float64
    tolerance: float = 1e-10


@dataclass
class Row:
    """One operation beside one peer. Times are medians of CPU milliseconds per call; None where nothing was measured.

    `ratio` is peer over ours: above 1, ours is faster. Half of the rounds had a ratio between `ratio_low` and
    `ratio_high`. `problem` says why nothing was measured: "not installed", or how the peer broke. `bad` rows are those
    whose numbers do not agree and those of a broken peer.
    """

    group: str
    operation: str
    peer: str
    note: str
    ours_ms: float | None = None
    peer_ms: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    ours_wall_ms: float | None = None
    peer_wall_ms: float | None = None
    agreement: str = ""
    problem: str = ""
    bad: bool = False

    def record(self) -> dict[str, object]:
        """The row as JSON can hold it; a problem is told in the note as well."""
        return asdict(self) | {"note": "; ".join(filter(None, [self.note, self.problem]))}


def collector(into: list[Operation]) -> Callable[..., Callable[[Callable[[torch.dtype], Work]], Operation]]:
    """A decorator that appends to the list `into`: @operation(group, name, note), and further fields by name."""

    def operation(
        group: str, name: str, note: str, **fields: Any
    ) -> Callable[[Callable[[torch.dtype], Work]], Operation]:
        def add(build: Callable[[torch.dtype], Work]) -> Operation:
            into.append(Operation(group, name, note, build, **fields))
            return into[-1]

        return add

    return operation


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what peers print and warn about out of the table."""
    sink = io.StringIO()
    with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def arrays(result: object) -> list[np.ndarray]:
    """The numbers of a result as float64 arrays without axes of length 1; tuples and dicts are taken apart in order."""
    if isinstance(result, dict):
        result = tuple(result.values())
    if isinstance(result, tuple | list):
        return [array for part in result for array in arrays(part)]
    if isinstance(result, torch.Tensor):
        result = result.detach().numpy()
    return [np.asarray(result, dtype=np.float64).squeeze()]


def difference(ours: object, theirs: object) -> float:
    """The largest |a - b| / max(1, |b|) over all numbers of two results; NaN when one of them is not a number.

    Raises ValueError when the results do not consist of arrays of the same shapes.
    """
    a, b = arrays(ours), arrays(theirs)
    if [x.shape for x in a] != [x.shape for x in b]:
        raise ValueError(f"the shapes differ: ours {[x.shape for x in a]}, theirs {[x.shape for x in b]}")
    if not sum(x.size for x in a):
        raise ValueError("there are no numbers to compare")
    with np.errstate(invalid="ignore"):  # inf - inf: not a number, and said so
        return float(max(np.max(np.abs(x - y) / np.maximum(1, np.abs(y))) for x, y in zip(a, b, strict=True)))


def _seeded(call: Call) -> object:
    torch.manual_seed(SEED)
    return call()


def _judge(row: Row, operation: Operation, exact: Work) -> None:
    """Fill in the agreement of one peer."""
    try:
        apart = difference(_seeded(exact.ours), _seeded(exact.peers[row.peer]()))
    except ValueError as error:
        row.agreement, row.bad = f"none: {error}", True
        return
    row.agreement = f"{apart:.0e}" if apart else "0"
    if not apart <= operation.tolerance:  # NaN is not small
        row.agreement, row.bad = f"{apart:.0e}, not {operation.tolerance:.0e}", True


def _repeats(call: Call) -> int:
    """Warm a call up, and find how many of them make one sample."""
    call()
    start = time.process_time()
    call()
    once = max(time.process_time() - start, 1e-7)
    return min(MOST_REPEATS, math.ceil(SAMPLE_SECONDS / once))


def measure(calls: Sequence[Call], rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """CPU and wall milliseconds per call, each (rounds, number of calls), timed in turn, in a new order every round."""
    repeats = [_repeats(call) for call in calls]
    cpu, wall = np.empty((rounds, len(calls))), np.empty((rounds, len(calls)))
    order = np.random.default_rng(SEED)
    gc.collect()
    gc.disable()
    try:
        for r in range(rounds):
            for i in order.permutation(len(calls)):
                call, n = calls[i], repeats[i]
                call()  # what ran before left its own data in the caches
                wall_start, start = time.perf_counter(), time.process_time()
                for _ in range(n):
                    call()
                cpu[r, i] = (time.process_time() - start) * 1e3 / n
                wall[r, i] = (time.perf_counter() - wall_start) * 1e3 / n
            gc.collect()
    finally:
        gc.enable()
    return cpu, wall


def compare(operation: Operation, rounds: int) -> list[Row]:
    """One row per peer of the operation. A peer that is missing or breaks gets a row that says so."""
    with quiet():
        torch.manual_seed(SEED)
        exact = operation.build(operation.checked_in)
        torch.manual_seed(SEED)
        timed = operation.build(operation.timed_in)
        rows, ready, calls = [], [], [timed.ours]
        for peer, prepare in timed.peers.items():
            row = Row(operation.group, operation.name, peer, operation.note)
            rows.append(row)
            try:
                call = prepare()
                _judge(row, operation, exact)
                call()
            except ModuleNotFoundError:
                row.problem = "not installed"
                continue
            except Exception as error:  # whatever a library may raise: the other rows go on
                row.problem, row.bad = f"failed: {type(error).__name__}: {error}", True
                continue
            ready.append(row)
            calls.append(call)
        cpu, wall = measure(calls, rounds)
    for row in rows:
        row.ours_ms, row.ours_wall_ms = float(np.median(cpu[:, 0])), float(np.median(wall[:, 0]))
    for i, row in enumerate(ready, start=1):
        row.peer_ms, row.peer_wall_ms = float(np.median(cpu[:, i])), float(np.median(wall[:, i]))
        row.ratio = row.peer_ms / float(np.median(cpu[:, 0]))
        row.ratio_low, row.ratio_high = (float(np.quantile(cpu[:, i] / cpu[:, 0], q)) for q in (0.25, 0.75))
    return rows
