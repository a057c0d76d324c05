"""Whether a sandbox protects as it must: what was measured in it, against what may never be missing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from autograder.checking import GuestFailure
from autograder.sandbox.inspection import own_namespaces
from autograder.sandbox.judge import Sandbox
from autograder.sandbox.launch import SandboxError


@cache
def sandbox_problem() -> str | None:
    """None when bubblewrap isolation works here, else a sentence that says what to do. Tries it, once per process."""
    try:
        with Sandbox("bubblewrap") as sandbox:
            return missing_protection(sandbox)
    except (SandboxError, GuestFailure) as error:
        return str(error)


def missing_protection(sandbox: Sandbox) -> str | None:
    """None when a running sandbox has all that must never be missing, else a sentence. Raises SandboxError."""
    found = sandbox.describe()
    if missing := own_namespaces().keys() - set(found["namespaces"]):
        return f"the sandbox started without a namespace of its own for: {', '.join(sorted(missing))}"
    if not (found["no_new_privs"] and found["capabilities_dropped"]):
        return "the sandbox started, but its processes kept privileges"
    return None


def below_minimum(sandbox: Sandbox, minimum: Iterable[str]) -> str | None:
    """None when all protections that the course demands (names of course.PROTECTIONS) are active, else a sentence.

    Raises SandboxError.
    """
    found = sandbox.describe()
    active = {f"{name}_namespace" for name in found["namespaces"]} | {name for name, on in found.items() if on is True}
    if missing := [name for name in minimum if name not in active]:
        return (
            f"the sandbox works here, but without {', '.join(missing)}, which course.toml demands under [grading] "
            "minimum; grade on another machine, or accept less there"
        )
    return None
