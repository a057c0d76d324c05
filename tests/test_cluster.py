import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager

import pytest
import small_course as sc
from ports import free_port

from autograder import provenance
from autograder.course import ROOT, load_course
from autograder.judging import batch
from autograder.judging.cluster import Cluster, ClusterError, _pass_on
from autograder.sandbox import launch

pytestmark = pytest.mark.xdist_group("cluster")  # they share one

distributed = pytest.importorskip("distributed", reason="Dask is not installed; grading on a cluster is not tested")


def slow(data, homework, seed, isolation):
    """Stands for `grade_task`: says which process did it."""
    time.sleep(0.2)
    return {"answer": data.decode(), "pid": os.getpid()}


def deadly(data, homework, seed, isolation):
    if data == b"bad":
        os._exit(1)
    return slow(data, homework, seed, isolation)


def which_process(*args):
    return os.getpid()


@pytest.fixture(scope="module")
def cluster():
    with local(workers=2) as made:
        yield made


def local(workers, threads=1, processes=True):
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=threads,
        processes=processes,
        protocol="tcp",
        dashboard_address=":0",
        silence_logs=50,
    )


def tasks(*data):
    return [batch.Task(("hw1", f"s{number}"), each, "hw1", 0, "none") for number, each in enumerate(data)]


def test_a_killed_worker_loses_nothing_and_no_record_comes_twice(cluster, monkeypatch):
    monkeypatch.setattr(batch, "grade_task", slow)
    todo = tasks(*(str(number).encode() for number in range(12)))
    pool = Cluster(cluster.scheduler_address)
    assert len({future.result() for future in pool.everywhere(which_process)}) == 2
    came, processes = [], set()
    for task, record in batch.grade_all(todo, pool, 2, lambda workers: Cluster(cluster.scheduler_address)):
        came.append(task.key)
        processes.add(record["pid"])
        assert record["answer"] == task.data.decode()
        if len(came) == 3:
            os.kill(record["pid"], signal.SIGKILL)
    assert sorted(came) == sorted(task.key for task in todo)
    assert len(processes) >= 2


def test_a_submission_that_kills_every_worker_costs_only_itself(cluster, monkeypatch, tmp_path):
    cluster.scheduler.allowed_failures = 1
    course = sc.course_in(tmp_path)
    monkeypatch.setattr(batch, "grade_task", deadly)
    monkeypatch.setattr("autograder.course.load_course", lambda: course)
    monkeypatch.setattr("autograder.provenance.fingerprints", lambda homework: {})
    todo = tasks(b"one", b"bad", b"two", b"three")
    pool = Cluster(cluster.scheduler_address)
    found = dict(batch.grade_all(todo, pool, 2, lambda workers: Cluster(cluster.scheduler_address)))
    bad = found.pop(todo[1])
    assert bad["fault"] == "grader"
    assert "took the grader's process down" in bad["reason"]
    assert [record["answer"] for record in found.values()] != []
    assert {record["answer"] for record in found.values()} == {"one", "two", "three"}


def test_workers_that_cannot_grade_are_refused():
    with (
        local(workers=1, threads=2, processes=False) as crowded,
        pytest.raises(ClusterError, match="several submissions at a time"),
    ):
        Cluster(crowded.scheduler_address)
    with (
        local(workers=0, processes=False) as empty,
        pytest.raises(ClusterError, match="no workers are connected.*make workers SCHEDULER=tcp"),
    ):
        Cluster(empty.scheduler_address)
    with pytest.raises(ClusterError, match="no Dask scheduler"):
        Cluster("not an address")


@contextmanager
def started(*commands, **more):
    """Processes that end with the block."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    processes = [subprocess.Popen([sys.executable, "-m", *command], **quiet, **more) for command in commands]
    try:
        yield
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in reversed(processes):
            process.wait(30)


def test_the_commands_start_a_cluster_that_grades_and_a_worker_without_the_grader_is_refused(tmp_path):
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    ours = {"cwd": tmp_path, "env": os.environ | {"PYTHONPATH": str(ROOT)}}
    foreign = {"cwd": tmp_path, "env": {"PATH": os.environ["PATH"]}}
    workers = ("autograder", "workers", "--scheduler", address, "--jobs", "2")
    with started(("autograder", "scheduler", "--port", str(port)), workers, **ours):
        with distributed.Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            intervals = client.run(os.getenv, "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL")
        assert list(intervals.values()) == ["1s", "1s"]
        with Cluster(address) as pool:
            assert len({future.result() for future in pool.everywhere(os.getpid)}) == 2
        with started(("distributed.cli.dask_worker", address, "--no-dashboard", "--nthreads", "1"), **foreign):
            with distributed.Client(address, timeout=60, set_as_default=False) as client:
                client.wait_for_workers(3, timeout=60)
            with pytest.raises(ClusterError, match=r"cannot find the grader.*pip install \."):
                Cluster(address)


@pytest.mark.parametrize("what", ["checks", "grader", "toolkit"])
def test_a_worker_with_another_checks_grader_or_toolkit_is_refused(monkeypatch, tmp_path, what):
    material = sc.material_of(sc.course_in(tmp_path))
    monkeypatch.setattr("autograder.judging.grading.load_material", lambda homework: material)
    problem, _ = batch.preflight(["hw1"], "none", {"hw1": material.fingerprints | {what: "older"}})
    assert f"another {what} for hw1" in problem


def test_a_lost_scheduler_is_told_from_a_wrong_submission():
    """When the scheduler goes, Dask cancels what it was asked for."""
    lost, ours = Future(), Future()
    lost.cancel()
    _pass_on(lost, ours)
    with pytest.raises(BrokenExecutor):
        ours.result(timeout=1)


def _expected_in_the_package():
    """Every program of the grader, the references and the toolkit with its data; a homework's checks and notebooks.

    The solved one holds the pieces that stand in for wrong ones. Nothing else: no wrong or right answers, no authored
    text, no results.
    """
    for folder in ("autograder", "solutions", "homeworks/dgm"):
        for program in (ROOT / folder).rglob("*.py"):
            if not {"checks", "build"} & set(program.relative_to(ROOT).parts):
                yield program
    yield from (path for path in (ROOT / "autograder").rglob("templates/*") if path.is_file())
    yield from (ROOT / "homeworks" / "dgm" / "packed").iterdir()
    for homework in load_course().given:
        yield provenance.released_notebook(homework)
        yield provenance.solved_path(homework)
        yield from (provenance.check_file(homework, exercise) for exercise in homework.exercises)
        yield from (ROOT / "homeworks" / "dgm" / "checks" / homework.id).glob("*.py")
    yield ROOT / "course.toml"


def test_the_installed_package_is_all_that_a_worker_needs(tmp_path):
    """What `pip install` puts beside torch grades with the same checks, references and notebook as this repository."""
    build = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    installed = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert installed == {str(path.relative_to(ROOT)) for path in _expected_in_the_package()}
    program = "import json; from autograder.judging import grading; material = grading.load_material('hw1'); "
    program += "print(json.dumps([grading.__file__, material.fingerprints]))"
    alone = {"PYTHONPATH": str(tmp_path), "PATH": os.environ["PATH"]}
    said = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=alone, check=True, capture_output=True)
    where, marks = json.loads(said.stdout)
    assert where.startswith(str(tmp_path))
    assert marks == provenance.fingerprints(load_course().homework("hw1"))


def test_installed_beside_torch_only_our_packages_are_hidden_from_students(tmp_path, monkeypatch):
    for name in ("autograder", "solutions", "torch"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(launch, "ROOT", tmp_path)
    monkeypatch.setattr(launch, "_package_folders", lambda: [str(tmp_path)])
    hidden = launch._hidden({"/sandbox/packages0": str(tmp_path)})
    assert sorted(hidden) == ["/sandbox/packages0/autograder", "/sandbox/packages0/solutions"]
