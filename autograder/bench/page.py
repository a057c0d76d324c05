"""BENCHMARKS.md, from the files that the benchmark left in build/bench/.

No number in it is typed by hand but those of the note on profiling, which tells what was once before and after.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Found = dict[str, Any]

HEAD = """\
# Benchmarks

Written by `make bench` from what it measured; do not edit. CPU seconds are the kernel's account of a command and of
everything that it started, the sandbox included. Wall time depends on what else a machine does; CPU time much less.
"""

GRADERS = {
    "ours": "`python -m autograder grade`, one worker, sandbox, gradebook and feedback pages included",
    "nbgrader": "`nbgrader autograde` of the whole class in one command; no sandbox, no feedback pages",
    "otter": "`otter run` with a zip of `otter generate`, one command per submission as it wants it; no sandbox",
}

# The goals, in CPU time, on the homework without training cells.
TIMES_LESS = {"nbgrader": 20, "otter": 40}

DEFINITION = """\
**Overhead** is everything but the checks and the student's code that they run: reading and slicing the notebook, the
guest and a process for each check, carrying data, record, gradebook, the formgrader's notebook, feedback page and
grades. Measured as CPU seconds of the judge less those inside the checks' functions, plus those of the whole sandbox
less what checks used in it above a check of an empty program, plus those of the desk. The stricter reading, *all but
the student's own code*, also counts what the checks compute themselves: oracles and the reference's own answers.
"""

PROFILE = """\
**What dominated, and what was done.** The start of a run: before this benchmark one worker's class began with 18.9 CPU
seconds (measured on a busy machine, where all CPU times are longer; `-X importtime` and `cProfile`). Of these 1.7 were
a grammar of web addresses that jsonschema builds when nbformat is imported, which nothing here uses, and 4 were a
second sandbox that the main process started only to see whether one starts. Both are gone: 13.9 on the same busy
machine. Then the main process learned to do without torch (1.8 less on an idle machine) and without jupytext (0.4), and
a new gradebook without the program that nbgrader starts to ask for the number of its schema: 3.1 more. The zygote lost
0.4 by not looking for garbage while it imports, and 0.6 of the time that huge pages take since its heap grows in them.
What remains is torch imported twice (judge, sandbox; 1.7 each), `torch._dynamo`, which the first optimizer imports
(1.0), nbgrader (1.0), and putting the rest of the zygote's memory into huge pages (0.1 where the kernel has them at
hand, 0.7 where not), which brings a fork from 11 to 4 ms. Each further submission is dominated by one process
per check (about 9 ms, of which the fork is half), so the overhead grows with the number of checks: 69 in homework 1.
"""

PROFILE_OF_TRAINING = """\
**What dominated, and what was done.** Training, in the students' own code. Of our part (`cProfile`, CPU time inside
each check): of the 1.42 CPU s of the judge for a perfect homework 1, one oracle took 0.91, the same for every
submission; such things are now made once per worker (`Grade.prepared`), and 0.5 is left. In homework 2 a sum over all
pairs of draws and images took 0.88 of 1.46; as one product of matrices, 0.02. Of the desk's time 40 % went into looking
at every character that is shown. What is above 150 ms here is a process for each of 69 checks (`perf`): forking a
process that has imported torch, and ending it, takes 3.1 ms if it does nothing, most of it page tables and pages that
Python touches; in namespaces, under limits, with a program and an answer, 7.5.
"""


def write(path: Path, folder: Path) -> None:
    """Write the page from `light.json`, `heavy.json` and so on, those that are there."""
    files = {name: folder / f"{name}.json" for name, _, _ in SECTIONS}
    found = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items() if file.exists()}
    path.write_text(page(found), encoding="utf-8")


def page(found: dict[str, Found]) -> str:
    """The text of the page. A part that was not measured is left out, and said to be."""
    parts = [HEAD, _goals(found)]
    for name, title, show in SECTIONS:
        parts.append(f"## {title}\n")
        parts.append(f"{_about(found[name])}\n\n{show(found[name])}" if name in found else "Not measured here yet.\n")
    return "\n".join(parts)


def _about(found: Found) -> str:
    machine = found["machine"]
    known = {"cpu", "cores", "memory_gib"}
    if known <= machine.keys():
        rest = ", ".join(f"{name} {value}" for name, value in machine.items() if name not in known)
        where = f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {rest}"
    else:
        where = ", ".join(f"{name} {_words(value)}" for name, value in machine.items())
    return f"`{found['command']}`, {found['measured']}, on {where}."


def _words(value: object) -> str:
    """A value of the machine's description; packages come with their versions."""
    return ", ".join(f"{name} {one}" for name, one in value.items()) if isinstance(value, dict) else str(value)


def _goals(found: dict[str, Found]) -> str:
    rows = []

    def goal(what: str, wanted: str, got: str, reached: bool) -> None:
        rows.append((what, wanted, got, "yes" if reached else "**no**"))

    if light := found.get("light"):
        for peer, times in TIMES_LESS.items():
            ratio = light[peer]["cpu"] / light["ours"]["cpu"]
            what = f"CPU beside {peer}, light homework, class of {light['ours']['submissions']}, start-up included"
            goal(what, f"at least {times} times less", f"{ratio:.1f} times less", ratio >= times)
            if scale := found.get("scale"):
                ratio = light[peer]["cpu"] / scale["fit"]["per_submission"]
                what = f"the same, start-up of our worker apart (it is paid once; {peer}'s is in)"
                goal(what, f"at least {times} times less", f"{ratio:.1f} times less", ratio >= times)
    for name, title in (("light", "light homework"), ("heavy", "homework 1")):
        if name in found:
            for key, reading in (("overhead", ""), ("without_student", ", strict reading")):
                worst = max(parts[key] for parts in found[name]["overhead"].values())
                what = f"overhead per submission, {title}{reading}, the worst kind"
                goal(what, "under 150 ms", f"{1000 * worst:.0f} ms", worst < 0.15)
    if course := found.get("course"):
        largest = max(course["line"], key=lambda row: row["students"])
        for name, what in (("again", "a run in which nothing changed"), ("final", "`make final`")):
            cpu, submissions = largest[name]["cpu"], largest["students"] * course["homeworks"]
            goal(f"{what}, {submissions} submissions", "below 10 CPU s", f"{cpu:.1f} CPU s", cpu < 10)
    if scale := found.get("scale"):
        workers = scale["workers"]
        gain = workers["one"]["wall"] / workers["two"]["wall"]
        goal("throughput of two workers against one", "at least 1.8 times", f"{gain:.2f} times", gain >= 1.8)
        more = 100 * (workers["cluster"]["cpu"] / workers["two"]["cpu"] - 1)
        goal("CPU through Dask against the local pool", "at most 10 % more", f"{more:+.1f} %", more <= 10)
        worst = 100 * scale["fit"]["worst_relative"]
        sizes = ", ".join(str(point["submissions"]) for point in scale["line"])
        goal(f"cost of {sizes} submissions is a straight line", "it is", f"within {worst:.1f} %", worst <= 10)
    if models := found.get("models"):
        measured = [row for row in models["rows"] if row["ratio"] is not None]  # None: a peer is missing
        # To the two decimals that are shown: 0.998 is not slower.
        faster = sum(round(row["ratio_low"], 2) > 1 for row in measured)
        slower = [row["ratio"] for row in measured if round(row["ratio_high"], 2) < 1]
        got = f"{faster} faster, {len(measured) - faster - len(slower)} alike, {len(slower)} slower"
        got += f" ({min(slower):.2f} at worst)" if slower else ""
        what = f"models at least as fast as their peers ({len(measured)} comparisons)"
        goal(what, "none slower", got, not slower)
    return f"## Goals\n\n{_table(('what', 'goal', 'measured', 'reached'), rows)}{_break_even(found)}"


def _break_even(found: dict[str, Found]) -> str:
    """From how many submissions on the first goals are met, our start-up included; by the straight line of `scale`."""
    if not {"light", "scale"} <= found.keys():
        return ""
    light, start, slope = found["light"], found["scale"]["fit"]["start"], found["scale"]["fit"]["per_submission"]
    sizes = []
    for peer, times in TIMES_LESS.items():
        left = light[peer]["cpu"] / times - slope  # of each submission, for the start-up
        size = f"a class of {math.ceil(start / left)}" if left > 0 else "more than any class"
        sizes.append(f"{size} for {times} times less than {peer}")
    told = f"With the start-up of our one worker in it ({start:.1f} CPU s), the light homework takes"
    return f"\n{told}\n{', and '.join(sizes)}.\n"


def _graders(found: Found) -> str:
    mine = found["ours"]
    rows = [
        (
            name,
            f"{row['submissions']}",
            f"{row['cpu']:.2f}",
            f"{row['cpu'] / mine['cpu']:.1f}",
            f"{row['wall']:.2f}",
            f"{row['wall'] / mine['wall']:.1f}",
            f"{row['memory']:.0f}",
            f"{row['memory'] / mine['memory']:.1f}",
        )
        for name, row in ((name, found[name]) for name in GRADERS)
    ]
    head = ("grader", "submissions", "CPU s each", "ratio", "wall s each", "ratio", "peak memory MiB", "ratio")
    told = "".join(f"* {name}: {text}\n" for name, text in GRADERS.items())
    return (
        f"{_table(head, rows)}\nEverything from the first to the last process is counted, start-up included.\n\n{told}"
    )


def _overhead(found: Found) -> str:
    names = ("judge", "check", "sandbox", "student", "desk", "overhead", "without_student")
    head = ("submission", "checks", "judge", "of it checks", "sandbox", "of it student", "desk", "overhead", "strict")
    rows = [
        (kind, f"{parts['checks']:.0f}", *(f"{1000 * parts[name]:.0f}" for name in names))
        for kind, parts in found["overhead"].items()
    ]
    return f"CPU milliseconds per submission, start-up apart:\n\n{_table(head, rows)}"


def _light(found: Found) -> str:
    told = "Six exercises of one line of torch each; perfect, half-done and empty submissions in turn; the same cells\n"
    told += "and the same comparisons for all three graders.\n"
    return f"{told}\n{_graders(found)}\n{DEFINITION}\n{_overhead(found)}\n{PROFILE}"


def _heavy(found: Found) -> str:
    told = (
        "Perfect, half-done and empty submissions in turn. The peers execute every cell, training included, so they\n"
    )
    told += "are given few copies; their tests are the public checks, ours the hidden ones.\n"
    return f"{told}\n{_graders(found)}\n{_overhead(found)}\n{PROFILE_OF_TRAINING}"


def _scale(found: Found) -> str:
    line = [(f"{p['submissions']}", f"{p['cpu']:.1f}", f"{p['wall']:.1f}", f"{p['memory']:.0f}") for p in found["line"]]
    fit, workers = found["fit"], found["workers"]
    told = (
        f"Light homework, one worker: {fit['start']:.1f} CPU s once and {1000 * fit['per_submission']:.0f} ms for\n"
        f"each submission (least squares; no point is more than {100 * fit['worst_relative']:.1f} % off the line).\n"
    )
    rows = [
        (title, f"{row['cpu']:.1f}", f"{row['wall']:.1f}", memory)
        for title, row, memory in (
            ("one worker", workers["one"], f"{workers['one']['memory']:.0f} in all"),
            ("two workers", workers["two"], f"{workers['two']['memory']:.0f} in all"),
            (
                "Dask, two worker processes",
                workers["cluster"],
                f"{workers['cluster']['memory_per_worker']:.0f} per worker",
            ),
        )
    ]
    grown = workers["two"]["memory"] - workers["one"]["memory"]
    after = (
        f"A worker more takes {grown:.0f} MiB more. The cluster's CPU seconds are those of scheduler, workers and the\n"
        f"command from the moment the cluster stands; starting its processes took {workers['cluster']['started']:.1f}\n"
        "before that. Its workers had the built package and nothing of this repository, and the grades were the same.\n"
    )
    head = ("submissions", "CPU s", "wall s", "peak memory MiB")
    shortest = f", of {workers['rounds']} runs each the shortest" if workers["rounds"] > 1 else ""
    second = f"Homework 1, {workers['submissions']} submissions{shortest}:\n\n"
    return f"{told}\n{_table(head, line)}\n{second}{_table(('', 'CPU s', 'wall s', 'memory MiB'), rows)}\n{after}"


def _course(found: Found) -> str:
    told = (
        f"Every student has handed in all {found['homeworks']} homeworks, as received: next to nothing runs in the\n"
        "sandbox, what is left is reading, records, gradebook and pages. *Again*: nothing has changed. CPU seconds\n"
        "(wall seconds).\n"
    )

    def spent(run: dict[str, float]) -> str:
        return f"{run['cpu']:.1f} ({run['wall']:.1f})"

    rows = [(row["students"], *(spent(row[name]) for name in ("first", "again", "final"))) for row in found["line"]]
    return f"{told}\n{_table(('students', 'first run', 'again', '`make final`'), rows)}"


def _models(found: Found) -> str:
    told = (
        "The same work in the same process on one thread; a ratio above 1: ours is faster. *Half of rounds*:\n"
        "from the first to the third quartile of the rounds' ratios; where 1 lies in between, both are called alike.\n"
    )
    rows = [
        (
            row["group"],
            row["operation"],
            _number(row["ours_ms"], ".3g"),
            row["peer"],
            _number(row["peer_ms"], ".3g"),
            _number(row["ratio"], ".2f"),
            _spread(row),
            row["agreement"],
            row["note"],
        )
        for row in found["rows"]
    ]
    head = ("group", "operation", "ours ms", "peer", "peer ms", "ratio", "half of rounds", "agreement", "note")
    return f"{told}\n{_table(head, rows)}"


def _spread(row: Found) -> str:
    return "–" if row["ratio"] is None else f"{row['ratio_low']:.2f} to {row['ratio_high']:.2f}"


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    head = list(head)
    return "\n".join([line(head), "|" + "---|" * len(head), *map(line, rows)]) + "\n"


SECTIONS = (
    ("light", "Grading a homework without training", _light),
    ("heavy", "Grading homework 1", _heavy),
    ("scale", "Scale", _scale),
    ("course", "A whole course", _course),
    ("models", "Models beside their peers", _models),
)
