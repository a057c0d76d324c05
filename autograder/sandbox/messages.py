"""Sentences about failures, made by the judge from facts that it has checked.

A student reads: the type of the exception (only if Python or torch knows it), what Python or torch says (only as far as
`wording` knows the sentence), the cell, the line, and that line of their own program. The exception's own text may hold
hidden inputs, so it goes into `detail`, for staff, with control characters escaped.
"""

from __future__ import annotations

import builtins
import collections
import signal
import types
from collections.abc import Collection
from typing import Any

import numpy as np
import torch

from autograder.checking import CRASHED, ERROR, FAILED, MEMORY, NOT_ATTEMPTED, TIMEOUT, GuestFailure, Limits, Opaque
from autograder.records import IN_THE_CHECK
from autograder.sandbox.manners import KINDS
from autograder.sandbox.runner import NO_MEMORY
from autograder.sandbox.wording import words

Parts = list[tuple[str, str]]

DETAIL = 2000
LINE = 120
MOST_LINES = 1000  # of a program of which a line is named: the choice of the line that raises tells ten bits, not more

KNOWN_TYPES = {
    name
    for module in (builtins, torch, torch.linalg)
    for name, value in vars(module).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}

# What a student may have returned by mistake. Any other name is the submission's own, and could carry hidden inputs.
NAMES_SHOWN = {
    value.__name__
    for module in (builtins, types, collections, torch, torch.nn, torch.distributions, torch.utils.data, np)
    for value in vars(module).values()
    if isinstance(value, type)
} | {"builtin_function_or_method", "function", "generator", "method", "module"}

ATTEMPT_MALFORMED = "your code's process sent something that is not an answer"
ATTEMPT_FORBIDDEN = "your code asked the system for something that no homework needs"
ATE_MEMORY = "your code asked for more memory than a check may use"
TOO_LARGE = "what your code returned is too large or too deeply nested"


def opaque(name: str) -> Opaque:
    """What stands for a thing that is no plain data; its type is named only if Python, numpy or torch knows it."""
    return Opaque(name if name in NAMES_SHOWN else "one of its own")


def from_report(report: Any, parts: Parts) -> GuestFailure:
    """The failure that the guest reports about itself. It decides nothing but the wording of a lost check."""
    if not isinstance(report, dict):
        return malformed("its report of a failure")
    kind, text = report.get("kind"), report.get("text")
    detail = safe_text(text) if isinstance(text, str) else ""
    if kind == "memory":
        return GuestFailure(MEMORY, ATE_MEMORY, detail)
    if kind == "too-large":
        return GuestFailure(FAILED, TOO_LARGE, detail)
    name = report.get("type")
    if name in ("SystemExit", "KeyboardInterrupt"):
        return GuestFailure(ERROR, f"your code ended the process ({name}) instead of giving an answer", detail)
    place = _place(report.get("where"), parts)
    if name == "NotImplementedError" and place and report.get("innermost") is True:
        return GuestFailure(NOT_ATTEMPTED, f"not attempted yet: {place}", detail)
    what = name if isinstance(name, str) and name in KNOWN_TYPES else "an exception of its own kind"
    said = words(what, text, place) if isinstance(text, str) and what == name else ""
    what = f"{what} ({said})" if said else what
    detail = f"{safe_text(name)}: {detail}" if isinstance(name, str) else detail
    if place:
        return GuestFailure(ERROR, f"{what} in {place}", detail)
    hint = "do names, arguments and returned values match the docstring?"
    return GuestFailure(ERROR, f"{what} {IN_THE_CHECK}: {hint}", detail)


def from_ending(ending: dict[str, Any], limits: Limits) -> GuestFailure:
    """The failure of a process that ended without an answer: `ending` is the warden's report, which is ours."""
    reason, status, cpu = ending["reason"], ending["status"], ending["cpu"]
    code = -(status & 0x7F) if status & 0x7F else status >> 8
    detail = f"reason {reason}, status {code}, {cpu:.2f} s CPU, {ending['memory'] >> 20} MiB above the zygote's, "
    detail += f"{ending['processes']} processes at most, {ending['left']} left behind"
    if reason == "cpu" or code == -signal.SIGXCPU or (code == -signal.SIGKILL and cpu >= limits.cpu_seconds):
        return GuestFailure(TIMEOUT, f"your code used more than {limits.cpu_seconds:g} s of processor time", detail)
    much = ending["memory"] > limits.memory_bytes * 0.8
    if reason == "memory" or code == NO_MEMORY or (code < 0 and much):
        return GuestFailure(MEMORY, ATE_MEMORY, detail)
    if reason == "processes":
        return GuestFailure(CRASHED, "your code started more processes than a check may", detail)
    if reason == "asked":  # it was the judge who ended the process, after its socket had been closed
        return GuestFailure(CRASHED, "your code closed its connection before it gave an answer", detail)
    if code == -signal.SIGSYS:  # the filter of system calls; see seccomp.FATAL
        return GuestFailure(CRASHED, ATTEMPT_FORBIDDEN, detail)
    if code < 0:
        return GuestFailure(CRASHED, f"your code crashed Python ({_signal_name(-code)})", detail)
    return GuestFailure(CRASHED, f"your code ended its process (exit code {code}) before it gave an answer", detail)


def out_of_memory() -> GuestFailure:
    """For a check of which the kernel ended a process at the memory limit of the sandbox's group."""
    return GuestFailure(MEMORY, ATE_MEMORY)


def out_of_time(limits: Limits) -> GuestFailure:
    return GuestFailure(TIMEOUT, f"your code gave no answer within {limits.wall_seconds:g} s")


def malformed(detail: str) -> GuestFailure:
    return GuestFailure(CRASHED, ATTEMPT_MALFORMED, safe_text(detail))


def breaches(report: Any, watched: Collection[str]) -> set[tuple[str, str]]:
    """What a guest says of the manners of its functions: watched names with known kinds, and nothing else."""
    if not isinstance(report, list):
        return set()
    pairs = {tuple(pair) for pair in report if isinstance(pair, list) and all(isinstance(word, str) for word in pair)}
    return {(name, kind) for name in watched for kind in KINDS if (name, kind) in pairs}


def suspicions(message: str, usage: dict[str, Any]) -> list[str]:
    """What a TA should know of a check that ended with this message and usage: what honest answers do not do."""
    found = []
    if left := usage.get("left"):
        found.append(f"{left} processes were left running and were ended")
    if usage.get("reason") == "processes":
        found.append("more processes were started than a check may")
    if message in (ATTEMPT_MALFORMED, ATTEMPT_FORBIDDEN, TOO_LARGE):
        found.append(message.replace("your code", "the code"))
    return found


def safe_text(text: str) -> str:
    """At most DETAIL characters; whatever a terminal might act upon is escaped."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text[:DETAIL])


def _place(where: Any, parts: Parts) -> str:
    """The cell and line, quoted from the program that the judge sent; "" unless the claim fits that program."""
    if not (isinstance(where, list) and where and isinstance(where[-1], list) and len(where[-1]) == 2):
        return ""
    label, number = where[-1]
    source = dict(parts).get(label) if isinstance(label, str) else None
    if source is None or type(number) is not int:
        return ""
    lines = source.split("\n")
    if not 1 <= number <= len(lines):
        return ""
    if sum(text.count("\n") + 1 for _, text in parts) > MOST_LINES:
        return label
    line = safe_text(lines[number - 1].strip())[:LINE]
    return f"{label}, line {number}: `{line}`" if line else f"{label}, line {number}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
