"""A quick part of `make attack` in the test suite: one attack or two of every kind, the class, a few kills.

The whole table is `make attack`; it takes minutes.
"""

import os
import random
import re
import signal
from pathlib import Path

import pytest

from autograder.attacks import catalogued, classes, disk, hostile, killing, probing, reading, stages, suite
from autograder.attacks.attack import STAND_INS, Attack, Verdict, cell, run
from autograder.attacks.suite import ATTACKS
from autograder.course import ROOT
from autograder.sandbox import below_minimum, kernel, messages
from autograder.sandbox.warden import children
from tests import sandboxes

QUICK = (
    "always equal",
    "zeroed input",
    "answers in advance",
    "another serialiser",
    "what the zygote left",
    "its own memory",
    "memory out of sight",
    "stop everybody",
    "adopted by the warden",
    "a name that is no text",
    "32 bits",
    "empty lines",
    "another homework",
    "patched comparisons",
    "early exit",
    "kill the judge",
    "every descriptor",
    "well-formed frames",
    "steal the reference",
    "global state",
    "constant pixels",
    "complex128 at offset 1",
    "the public seed",
    "inputs as a line",
    "samples that confirm themselves",
    "the gate is a die",
    "exception text",
    "shape",
    "other processes",
    "stop itself",
    "fork bomb",
    "terabyte",
    "giant answer",
    "daemon",
    "trace a sibling",
    "change the environment",
    "other submissions",
    "deep nesting",
    "live text",
    "quoted line",
)
BY_NAME = {attack.id: attack for attack in ATTACKS}


@pytest.fixture
def sandbox():
    return sandboxes.bubblewrapped()


def test_names_are_unique_and_every_threat_has_attacks():
    assert len(BY_NAME) == len(ATTACKS)
    assert {attack.threat for attack in ATTACKS} == set("ABCDEFG")


@pytest.mark.parametrize("name", QUICK)
def test_an_attack_gets_what_an_honest_judge_gives(sandbox, name):
    verdict = run(BY_NAME[name], sandbox)
    assert verdict.problems == (), verdict


def test_the_runner_notices_an_attack_that_succeeds(sandbox):
    """An answer that is right is no attack: the table must say so, or it would prove nothing."""
    source = cell(
        "def evil(p, q, third):\n    if callable(third):\n        return (q * third(p / q)).sum()\n    return 0.0"
    )
    verdict = run(Attack("success", "A", "", source), sandbox)
    assert len(verdict.problems) == 2 and "points instead of 0" in verdict.problems[1]
    verdict = run(
        Attack("leak", "B", "", cell("def evil(*arguments):\n    return LEAKED(1)"), states=("error",)), sandbox
    )
    assert any("the page shows" in problem for problem in verdict.problems)


def test_the_table_of_threats_names_every_attack_and_none_that_is_not_there():
    table = (ROOT / "autograder" / "SECURITY.md").read_text(encoding="utf-8").partition("## Every threat")[2]
    named = set(re.findall(r'"([^"\n]+)"', table.partition("## How to report")[0]))
    sources = Path(classes.__file__).read_text() + Path(suite.__file__).with_name("__main__.py").read_text()
    assert {name for name in named - BY_NAME.keys() if f'"{name}"' not in sources} == set()
    files = probing, catalogued, reading  # named as a whole
    offsets = {attack.id for attack in hostile.ATTACKS if " at offset " in attack.id}
    whole_files = {attack.id for file in files for attack in file.ATTACKS} | offsets
    assert BY_NAME.keys() - whole_files - named == set()


def test_stand_ins_take_the_place_of_every_name():
    assert "f_divergence" in STAND_INS["f_divergence"] and "alpha_divergence" in STAND_INS["f_divergence"]


def test_a_class_with_odd_names_links_and_a_tampered_gradebook():
    wrong = [verdict for verdict in classes.run() if verdict.problems]
    assert wrong == []


def test_a_judge_that_is_killed_loses_and_repeats_nothing():
    """SIGKILL to the whole process group at random moments; `make attack` does it fifty times and more."""
    rounds = killing.survive(3, seed=random.randrange(2**31))
    assert rounds.problems == []
    assert rounds.kills == 3


def test_the_workers_of_a_run_end_with_it_even_if_it_ends_before_it_can_tell_them():
    kernel.adopt_orphans()
    before = set(children(os.getpid()))

    def work():
        pool = stages.forked(2)
        list(pool.map(abs, range(4)))
        pool.shutdown(wait=False, cancel_futures=True)

    os.waitpid(stages.in_child(work), 0)
    left = killing.lingering(before)
    for process in left:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    assert left == []


@pytest.mark.parametrize("trouble", [disk.full, disk.read_only], ids=["full", "read-only"])
def test_a_disk_that_cannot_be_written_is_a_sentence_and_costs_nothing(sandbox, trouble):
    assert trouble() == []


# --- what a course may demand of the sandbox


class Described:
    def __init__(self, **changes):
        self.found = {
            "namespaces": ["user", "pid", "mnt", "ipc", "net", "uts"],
            "no_new_privs": True,
            "capabilities_dropped": True,
            "seccomp": True,
            "cgroup": False,
        } | changes

    def describe(self):
        return self.found


def test_a_sandbox_below_the_course_s_minimum_is_refused_with_what_is_missing():
    assert below_minimum(Described(), ("user_namespace", "seccomp")) is None
    assert "without seccomp" in below_minimum(Described(seccomp=False), ("user_namespace", "seccomp"))
    sentence = below_minimum(Described(namespaces=["pid"]), ("net_namespace", "pid_namespace", "cgroup"))
    assert "without net_namespace, cgroup" in sentence and "course.toml" in sentence
    assert below_minimum(Described(cgroup=True), ("cgroup",)) is None


def test_attempts_are_told_in_sentences():
    assert messages.suspicions("", {}) == []
    assert messages.suspicions("whatever", {"left": 2}) == ["2 processes were left running and were ended"]
    assert messages.suspicions(messages.ATTEMPT_FORBIDDEN, {"reason": "processes"})[0].startswith("more processes")
    assert len(messages.suspicions(messages.TOO_LARGE, {"left": 1, "reason": "processes"})) == 3


def test_a_type_of_the_submission_s_own_is_not_named():
    assert messages.opaque("generator").type_name == "generator"
    assert messages.opaque("x0_123_y0_456").type_name == "one of its own"


def test_a_verdict_says_what_was_got():
    assert Verdict("x", "A", "", "0", "1", ("1 instead of 0",), 0.1).problems
