"""Control groups: real ones where this host offers them, and the logic of version 2 on a made tree of folders."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.checking import GuestFailure, Limits
from autograder.course import ROOT
from autograder.sandbox import Sandbox, groups
from tests.sandbox.conftest import LIMITS, PROBE

GIBIBYTE = 1 << 30


# --- real ones


def existing():
    """Every group of ours below the folders that this process would use."""
    process = Path("/proc/self")
    own = groups._own_folders((process / "mountinfo").read_text(), (process / "cgroup").read_text())
    parents = {parent for _, *both in groups._places(own) for parent in both}
    return {folder for parent in parents for folder in parent.glob(f"{groups.NAME}-*")}


def of_process(number):
    return {folder for folder in existing() if folder.name.startswith(f"{groups.NAME}-{number}-")}


@pytest.fixture
def offered():
    group = groups.make()
    if group is None:
        pytest.skip("this host offers this user no control groups for memory and processes")
    group.remove()


def test_an_empty_group_comes_and_goes(offered):
    before = of_process(os.getpid())
    group = groups.make()
    made = of_process(os.getpid()) - before
    assert made == {Path(entrance).parent for entrance in group.entrances}
    assert not group.holds(set())  # nobody is in it, so it is no protection
    assert group.begin(GIBIBYTE, 32) is None
    group.remove()
    assert of_process(os.getpid()) == before


@pytest.mark.parametrize("isolation", ["bubblewrap", "none"])
def test_a_sandbox_says_that_it_is_in_a_group_and_leaves_none(offered, bubblewrapped, isolation):
    before = of_process(os.getpid())
    with Sandbox(isolation) as sandbox:
        assert sandbox.describe()["cgroup"] is True
        made = of_process(os.getpid()) - before
        paths = {folder.name for folder in made}
        assert len(paths) == 1
        for process in sandbox._processes():
            lines = Path(f"/proc/{process}/cgroup").read_text().splitlines()
            assert sum(line.endswith(tuple(paths)) for line in lines) == len(made)
    assert of_process(os.getpid()) == before


def test_this_process_itself_is_moved_nowhere(offered, ask):
    before = Path("/proc/self/cgroup").read_text()
    ask.answer("def f(): return 1")
    assert Path("/proc/self/cgroup").read_text() == before and groups.NAME not in before


OUT_OF_SIGHT = """
import ctypes, os, time

def rewrite():
    for line in open("/proc/self/maps"):
        fields = line.split()
        if fields[1] == "rw-p" and (len(fields) == 5 or fields[5] == "[heap]"):
            start, end = (int(address, 16) for address in fields[0].split("-"))
            for page in range(start, end, 4096):
                ctypes.memmove(page, page, 1)

def f():
    for _ in range(24):
        if os.fork() == 0:
            rewrite()
            time.sleep(20)
            os._exit(0)
    for _ in range(24):
        os.wait()
    return 1
"""


def test_memory_that_the_warden_cannot_see_ends_the_check_as_memory(offered, ask_either):
    """Pages that were the zygote's and are written to: as many as before, says the kernel of every process."""
    process = ask_either.sandbox._launched.process
    with pytest.raises(GuestFailure) as caught, ask_either.session(OUT_OF_SIGHT, memory_bytes=GIBIBYTE) as session:
        session.call(PROBE, "probe", (), {})
    assert caught.value.state == "memory" and "more memory than a check may use" in caught.value.message
    assert session.usage["reason"] != "memory" and session.usage["memory"] < GIBIBYTE
    assert ask_either.answer("def f(): return 2") == 2
    assert ask_either.sandbox._launched.process is process


def test_children_that_take_memory_at_once_end_the_check_as_memory(offered, ask):
    source = """
import mmap, os
def f():
    for _ in range(8):
        if os.fork() == 0:
            mmap.mmap(-1, 1 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x8000)  # filled by the kernel at once
            os._exit(0)
    for _ in range(8):
        os.wait()
    return 1
"""
    process = ask.sandbox._launched.process
    for _ in range(2):
        assert ask.failure(source, memory_bytes=2 * GIBIBYTE).state == "memory"
        assert ask.answer("def f(): return 2") == 2
    assert ask.sandbox._launched.process is process


def test_an_answer_is_none_where_the_kernel_had_to_end_a_child(offered, ask, monkeypatch):
    with ask.session("def f(): return 1") as session:
        before = session._allowance.kills_before
        monkeypatch.setattr(session._allowance.group, "kills", lambda: before + 1)
        for _ in range(2):  # a failure that ended the process is the answer to every further call
            with pytest.raises(GuestFailure) as caught:
                session.call(PROBE, "probe", (), {})
            assert caught.value.state == "memory"
            assert caught.value.detail.startswith("reason asked")


def test_a_fork_bomb_is_stopped_by_the_group_as_well(offered, bare):
    """Without isolation no limit per user holds."""
    bomb = """
import os, time
def f():
    made = 0
    while made < 1000:
        try:
            if os.fork() == 0:
                time.sleep(60)
            made += 1
        except OSError:
            break
    return made
"""
    with bare.guest() as guest:
        try:
            with guest.session([("cell 1", bomb)], Limits(**LIMITS)) as session:
                assert session.call(PROBE, "probe", (), {}) <= 32 + groups.TRUSTED_PROCESSES
        except GuestFailure as failure:  # the warden was quicker
            assert "more processes than a check may" in failure.message
        with guest.session([("cell 1", "def f(): return 2")], Limits(**LIMITS)) as session:
            assert session.call(PROBE, "probe", (), {}) == 2


def test_a_check_with_other_limits_gets_them(offered, ask):
    group = ask.sandbox._group
    ask.answer("def f(): return 1", memory_bytes=2 * GIBIBYTE)
    small = group._memory_limit
    ask.answer("def f(): return 1", memory_bytes=3 * GIBIBYTE)
    assert group._memory_limit == small + GIBIBYTE
    assert group.holds(ask.sandbox._processes())
    ask.answer("def f(): return 1", memory_bytes=2 * GIBIBYTE)
    assert group._memory_limit == small and group.holds(ask.sandbox._processes())


def test_what_a_killed_judge_leaves_is_removed_by_the_next(offered):
    program = "from autograder.sandbox import Sandbox; s = Sandbox('none'); s._zygote(); print('ready'); input()"
    judge = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with judge:
        assert judge.stdout.readline() == "ready\n"
        left = of_process(judge.pid)
        assert left
        groups.make().remove()
        assert of_process(judge.pid) == left  # it lives
        judge.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while of_process(judge.pid) and time.monotonic() < deadline:  # its sandbox ends a moment later
        groups.make().remove()
        time.sleep(0.05)
    assert not of_process(judge.pid)


def test_a_group_that_cannot_be_entered_is_no_reason_to_stop(monkeypatch):
    monkeypatch.setattr(groups.Group, "entrances", property(lambda self: ["/nowhere/at/all/cgroup.procs"]))
    before = existing() if groups.make() else set()
    with Sandbox("none") as sandbox, sandbox.guest() as guest:
        with guest.session([("cell 1", "def f(): return 1")], Limits(**LIMITS)) as session:
            assert session.call(PROBE, "probe", (), {}) == 1
        assert sandbox.describe()["cgroup"] is False
    assert of_process(os.getpid()) <= before


def test_without_groups_it_grades_all_the_same_and_says_so(monkeypatch):
    monkeypatch.setattr(groups, "make", lambda: None)
    with Sandbox("none") as sandbox:
        assert sandbox.describe()["cgroup"] is False


# --- a made tree


FILES = {
    "cgroup.procs": "",
    "pids.max": "max\n",
    # version 1
    "memory.usage_in_bytes": "104857600\n",
    "memory.limit_in_bytes": "9223372036854771712\n",
    "memory.memsw.limit_in_bytes": "9223372036854771712\n",
    "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n",
    # version 2
    "memory.current": "104857600\n",
    "memory.max": "max\n",
    "memory.swap.max": "max\n",
    "memory.events": "low 0\nhigh 0\nmax 4\noom 3\noom_kill 0\noom_group_kill 0\n",
}


class KernelPath(type(Path())):
    """A folder in which the files of a group are there at once, and go with it."""

    forbidden = False

    def mkdir(self, *arguments, **named):
        if KernelPath.forbidden:
            raise PermissionError
        super().mkdir(*arguments, **named)
        for name, text in FILES.items():
            (self / name).write_text(text)

    def rmdir(self):
        shutil.rmtree(self)


def replace(file, text):
    """The kernel takes a number as a whole, a file on a disk keeps the rest of a longer one."""
    os.truncate(file, 0)
    file.write_text(text)


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Makes the folders and what /proc would say of them; gives the folder that stands for /proc/self."""
    monkeypatch.setattr(groups, "Path", KernelPath)
    monkeypatch.setattr(KernelPath, "forbidden", False)
    monkeypatch.setattr(groups, "_write", replace)

    def make(folders, mounts, own):
        for folder, controllers in folders.items():
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            if controllers is not None:
                (tmp_path / folder / "cgroup.subtree_control").write_text(controllers + "\n")
        lines = [f"31 23 0:2{i} {mount.replace('AT', str(tmp_path))}\n" for i, mount in enumerate(mounts)]
        (tmp_path / "mountinfo").write_text("22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n" + "".join(lines))
        (tmp_path / "cgroup").write_text("".join(f"{line}\n" for line in own))
        return tmp_path

    return make


UNIFIED = "/ AT/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate"
SCOPE = "user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope"


def made_in(group, folder):
    parents = {Path(entrance).parent.parent for entrance in group.entrances}
    return parents == {Path(folder)}


def test_version_2_makes_a_sibling_of_the_own_group(tree):
    process = tree(
        {f"unified/{SCOPE}": "", f"unified/{Path(SCOPE).parent}": "cpu memory pids"}, [UNIFIED], [f"0::/{SCOPE}"]
    )
    group = groups.make(process)
    assert made_in(group, process / "unified" / Path(SCOPE).parent)
    assert len(group.entrances) == 1
    folder = Path(group.entrances[0]).parent
    assert folder.name.startswith(f"dgm-sandbox-{os.getpid()}-")
    assert (folder / "memory.swap.max").read_text() == "0"
    (folder / "cgroup.procs").write_text("11\n12\n")
    group.settle({11, 12})
    allowance = group.begin(GIBIBYTE, 32)
    assert int((folder / "memory.max").read_text()) == (100 << 20) + GIBIBYTE + groups.SLACK_BYTES
    assert group.holds({11, 12}) and not group.holds({11, 13})
    assert not allowance.exceeded()
    (folder / "memory.events").write_text("max 9\noom 5\noom_kill 2\noom_group_kill 0\n")
    assert allowance.exceeded()
    assert not group.begin(GIBIBYTE, 32).exceeded()  # what was before is not this check's
    group.remove()
    assert not folder.exists()


def test_two_checks_at_once_may_take_what_both_may(tree):
    process = tree({"unified/a/own": "", "unified/a": "memory pids"}, [UNIFIED], ["0::/a/own"])
    group = groups.make(process)
    group.settle(set())
    first = group.begin(GIBIBYTE, 32)
    alone = group._memory_limit, group._process_limit
    second = group.begin(2 * GIBIBYTE, 32)
    assert group._memory_limit == alone[0] + 2 * GIBIBYTE + groups.SLACK_BYTES
    assert group._process_limit == alone[1] + 32
    second.end()
    second.end()
    first.end()
    group.begin(GIBIBYTE, 32)
    assert (group._memory_limit, group._process_limit) == alone


def test_in_the_root_of_all_groups_it_is_a_child(tree):
    process = tree({"unified": "memory pids"}, [UNIFIED], ["0::/"])
    assert made_in(groups.make(process), process / "unified")


@pytest.mark.parametrize(
    ("folders", "mounts", "own"),
    [
        ({"unified/a/own": "", "unified/a": "cpu pids"}, [UNIFIED], ["0::/a/own"]),
        ({"unified": ""}, [UNIFIED], ["0::/"]),  # a container: nothing above its own group can be seen
        ({"unified/a": "memory pids"}, [UNIFIED], ["0::/../b"]),  # it lies outside of what is mounted
        ({"unified/a/own": "", "unified/a": "memory pids"}, [], ["0::/a/own"]),
        ({"memory/own": None, "unified/a": ""}, ["/ AT/memory rw - cgroup cgroup rw,memory", UNIFIED], ["4:memory:/"]),
        ({}, [], ["no line of the kernel's"]),
    ],
    ids=["no memory", "container", "outside", "not mounted", "mixed", "rubbish"],
)
def test_where_it_is_not_offered_there_is_none(tree, folders, mounts, own):
    assert groups.make(tree(folders, mounts, own)) is None


def test_without_permission_there_is_none(tree, monkeypatch):
    process = tree({"unified/a/own": "", "unified/a": "memory pids"}, [UNIFIED], ["0::/a/own"])
    monkeypatch.setattr(KernelPath, "forbidden", True)
    assert groups.make(process) is None


def test_a_group_without_the_files_of_its_controllers_is_given_up_and_removed(tree, monkeypatch):
    process = tree({"unified/a/own": "", "unified/a": "memory pids"}, [UNIFIED], ["0::/a/own"])
    monkeypatch.delitem(FILES, "pids.max")
    assert groups.make(process) is None
    assert not list((process / "unified/a").glob("dgm-*"))


VERSION_1 = ["/ AT/memory rw - cgroup cgroup rw,memory", "/ AT/my\\040pids rw - cgroup cgroup rw,pids"]


def test_version_1_makes_a_child_below_each_controller(tree):
    process = tree({"memory/own": None, "my pids": None}, VERSION_1, ["4:memory:/own", "5:cpu,pids:/", "0::/"])
    group = groups.make(process)
    parents = [Path(entrance).parent.parent for entrance in group.entrances]
    assert parents == [process / "memory/own", process / "my pids"]


def test_a_container_s_part_of_a_hierarchy_is_found(tree):
    mounts = ["/docker/1 AT/both rw - cgroup cgroup rw,memory,pids"]
    process = tree({"both/own": None}, mounts, ["4:memory,pids:/docker/1/own"])
    group = groups.make(process)
    assert made_in(group, process / "both/own") and len(group.entrances) == 1


def test_the_sum_with_swap_is_never_below_the_limit_itself(tree, monkeypatch):
    process = tree({"memory": None, "my pids": None}, VERSION_1, ["4:memory:/", "5:pids:/"])
    group = groups.make(process)
    group.settle(set())
    written = []
    monkeypatch.setattr(groups, "_write", lambda file, text: written.append(file.name))
    for memory_bytes in (GIBIBYTE, 2 * GIBIBYTE, 2 * GIBIBYTE, GIBIBYTE):
        group.begin(memory_bytes, 32).end()
    limit, both = "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"
    assert written == [limit, both, "pids.max", both, limit, limit, both]  # nothing for a check like the one before


def test_a_limit_that_the_kernel_refuses_stays_what_it_was(tree, monkeypatch):
    process = tree({"unified/a/own": "", "unified/a": "memory pids"}, [UNIFIED], ["0::/a/own"])
    group = groups.make(process)
    group.settle(set())
    group.begin(2 * GIBIBYTE, 32).end()
    before = group._memory_limit

    def busy(file, text):
        raise OSError(16, "Device or resource busy")

    with monkeypatch.context() as patch:
        patch.setattr(groups, "_write", busy)
        group.begin(GIBIBYTE, 32).end()
    assert group._memory_limit == before
    group.begin(GIBIBYTE, 32)
    assert group._memory_limit == before - GIBIBYTE  # tried again with the next check


def test_only_what_killed_judges_left_is_removed(tree):
    gone = subprocess.Popen(["true"])
    gone.wait()
    names = [f"dgm-sandbox-{gone.pid}-1", f"dgm-sandbox-{os.getppid()}-1", "dgm-sandbox-x-1", "else-1-1"]
    folders = {f"unified/a/{name}": None for name in names}
    process = tree(folders | {"unified/a/own": "", "unified/a": "memory pids"}, [UNIFIED], ["0::/a/own"])
    groups.make(process)
    assert [name for name in names if (process / "unified/a" / name).exists()] == names[1:]
