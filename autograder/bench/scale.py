"""How cost grows: with submissions, with workers of one machine, and through a Dask cluster of two worker processes."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.bench import light, measure
from autograder.bench.grading import HEAVY, heavy_submissions, ours, require, totals
from autograder.bench.measure import CommandFailedError, tree_cpu, tree_memory
from autograder.bench.places import BUILD, LOGS, Sizes, environment
from autograder.course import ROOT
from autograder.judging import cluster

POINTS = {"perfect": "13", "half": "6", "empty": "0"}
START_SECONDS = 120.0
MIB = 1 << 20


def scale(sizes: Sizes) -> dict[str, Any]:
    """Everything that BENCHMARKS.md says of scale: cost on the light homework, workers and cluster on homework 1."""
    course = BUILD / "light-scale"
    light.write_course(course)
    line = []
    for size in sizes.scale:
        light.write_class(course / "submissions", size)
        used = ours(course, course / "submissions", course / "graded", f"scale-{size}", "--jobs", "1")
        require(totals(course / "graded"), POINTS, size)
        line.append({"submissions": size, "cpu": used.cpu, "wall": used.wall, "memory": used.memory})
    slope, start, worst = straight_line([(point["submissions"], point["cpu"]) for point in line])
    fit = {"per_submission": slope, "start": start, "worst_relative": worst}
    return {"line": line, "fit": fit, **_workers(sizes.workers, sizes.rounds)}


def _workers(size: int, rounds: int) -> dict[str, Any]:
    """One worker against two, and the pool of two against two workers of a cluster: the same class, the same grades.

    They take turns, and of each the run that took the least time counts: what else a machine does, or the machine that
    it is a part of, only ever makes a run longer.
    """
    folder = BUILD / "workers"
    heavy_submissions(folder / "submissions", size)
    grades: dict[str, dict[str, str]] = {}
    runs: dict[str, list[dict[str, float]]] = {"one": [], "two": [], "cluster": []}

    def grade(name: str, *options: str) -> dict[str, float]:
        output = folder / name
        used = ours(ROOT, folder / "submissions", output, f"workers-{name}", "--hw", HEAVY, *options)
        grades[name] = totals(output)
        if len(grades[name]) != size or grades[name] != next(iter(grades.values())):
            raise CommandFailedError(f"{name} gave other grades; see {output}")
        runs[name].append({"cpu": used.cpu, "wall": used.wall, "memory": used.memory})
        return runs[name][-1]

    for _ in range(rounds):
        grade("one", "--jobs", "1")
        grade("two", "--jobs", "2")
        with _local_cluster() as (address, processes):
            before = sum(map(tree_cpu, processes))
            run = grade("cluster", "--scheduler", address)
            run["cpu"] += sum(map(tree_cpu, processes)) - before
            run["started"] = before
            run["memory_per_worker"] = max(tree_memory(worker) / MIB for worker in processes[1:])
    best = {name: min(measured, key=lambda run: run["wall"]) for name, measured in runs.items()}
    return {"workers": {"submissions": size, "rounds": rounds, **best}}


def straight_line(points: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Least squares: slope, value at 0, and the largest distance from the line as a share of the value there."""
    n = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
    start = mean_y - slope * mean_x
    return slope, start, max(abs(y - start - slope * x) / y for x, y in points)


@contextmanager
def _local_cluster() -> Iterator[tuple[str, list[int]]]:
    """A scheduler and two workers, each a process of its own: the address, and the processes, scheduler first.

    They are given what `pip install` would put beside torch, and nothing of this repository.
    """
    place = BUILD / "cluster"
    shutil.rmtree(place, ignore_errors=True)
    build: list[str | Path] = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", place / "installed"]
    measure.run(build, LOGS / "installed.txt", cwd=ROOT, env=environment(ROOT), sample=False)
    env = environment(place / "installed") | cluster.SETTINGS
    address_file = place / "scheduler.json"
    common = ["--no-dashboard", "--scheduler-file", str(address_file)]
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--host", "127.0.0.1", "--nthreads", "1"]
    started: list[subprocess.Popen] = []
    LOGS.mkdir(parents=True, exist_ok=True)
    try:
        for number, command in enumerate((scheduler, worker, worker)):
            with (LOGS / f"cluster-{number}.txt").open("wb") as log:
                started.append(subprocess.Popen([*command, *common], cwd=place, env=env, stdout=log, stderr=log))
        yield _address(address_file), [process.pid for process in started]
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
        for process in reversed(started):
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(file: Path) -> str:
    """The scheduler's address once two workers are there."""
    from distributed import Client

    until = time.monotonic() + START_SECONDS
    while not file.exists():
        if time.monotonic() > until:
            raise CommandFailedError(f"the local cluster did not start; see {LOGS}")
        time.sleep(0.2)
    with Client(scheduler_file=str(file), timeout=START_SECONDS, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=START_SECONDS)
        return client.scheduler.address
