"""Grade on a Dask cluster: `make grade SCHEDULER=tcp://host:port`, an executor as the local process pool is one.

A worker needs the installed package and bubblewrap, and nothing else: a task carries the submission's bytes and gives
a record back, and only the process that was asked to grade writes. Workers grade one submission at a time, so they have
one thread. When one dies the scheduler gives its tasks to the others. `make scheduler` and `make workers` start them.

Dask runs whatever reaches its ports: those must be closed to everybody else, or use Dask's own TLS settings, which are
read from its configuration.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from importlib.util import find_spec
from typing import Any, NoReturn

from autograder.errors import AutograderError
from autograder.judging.batch import WorkersDiedError

CONNECT_SECONDS = 15
START_WORKERS = "make workers SCHEDULER={address}"

# Dask watches itself many times a second, which takes a tenth of a processor for two workers; a third of that remains.
SETTINGS = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
    "DASK_DISTRIBUTED__WORKER__MEMORY__MONITOR_INTERVAL": "1s",
}


def become(process: str, *arguments: str) -> NoReturn:
    """Turn this process into Dask's "scheduler" or "worker", with SETTINGS where the user has set nothing else."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{process}", "--no-dashboard", *arguments]
    sys.stdout.flush()
    os.execve(command[0], command, SETTINGS | os.environ | {"OMP_NUM_THREADS": "1"})


class ClusterError(AutograderError):
    """The cluster cannot be used; the sentence says what to do."""


class Cluster(Executor):
    """The workers of a scheduler. Raises ClusterError where there are none, or such as cannot grade."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._client = _client(address)
        try:
            threads = self._client.nthreads()
            start = START_WORKERS.format(address=address)
            if not threads:
                raise ClusterError(f"no workers are connected to {address}; start some with `{start}`")
            if busy := sorted(worker for worker, number in threads.items() if number != 1):
                raise ClusterError(f"{', '.join(busy)} would grade several submissions at a time; use `{start}`")
            found = self._client.run(find_spec, "autograder", on_error="ignore")
            if lacking := sorted(worker for worker, package in found.items() if package is None):
                where = ", ".join(lacking)
                raise ClusterError(f"{where} cannot find the grader: run `pip install .` there, or use `{start}`")
            self.workers = sorted(threads)
            self._executor = self._client.get_executor(pure=False)
        except BaseException:
            self._client.close()
            raise

    def submit(self, function: Callable, /, *args: Any, **kwargs: Any) -> Future:
        """As an executor does. The future raises WorkersDiedError if several workers died of the call.

        It raises BrokenExecutor if the scheduler is gone.
        """
        outer: Future = Future()
        self._executor.submit(function, *args, **kwargs).add_done_callback(lambda inner: _pass_on(inner, outer))
        return outer

    def everywhere(self, function: Callable, *args: Any) -> list[Future]:
        """One call on every worker."""
        return [self.submit(function, *args, workers=[worker]) for worker in self.workers]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let go of the cluster, which goes on without us."""
        if self._client.status == "running":
            self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close()


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise ClusterError(
            "grading on a cluster needs Dask: `pip install distributed` (see requirements.txt)"
        ) from None
    # Dask tells of lost connections with tracebacks; what matters of it is in our sentences.
    for noisy in ("distributed.client", "distributed.comm", "distributed.core"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(f"there is no Dask scheduler at {address}: {str(error).splitlines()[0]}") from None


def _pass_on(inner: Future, outer: Future) -> None:
    """Hand the end of Dask's future to ours, in the words of `concurrent.futures`."""
    from distributed.scheduler import KilledWorker

    if not outer.set_running_or_notify_cancel():
        return
    if inner.cancelled():
        outer.set_exception(BrokenExecutor("the cluster has dropped the task"))
    elif isinstance(error := inner.exception(), KilledWorker):
        outer.set_exception(WorkersDiedError("every worker that took it died"))
    elif error is not None:
        outer.set_exception(error)
    else:
        outer.set_result(inner.result())
