"""One sandbox for all tests of a process that only ask it something: starting one takes seconds."""

import atexit
import os
from functools import cache

import pytest

from autograder.sandbox import Sandbox, SandboxError, missing_protection


@cache
def _started():
    """A running sandbox, or the sentence that says why there is none."""
    sandbox = Sandbox("bubblewrap")
    atexit.register(sandbox.close)
    try:
        return missing_protection(sandbox) or sandbox
    except SandboxError as error:
        return str(error)


def bubblewrapped():
    """The sandbox. Skips the test where it cannot be had; fails it where REQUIRE_SYSTEM_PARTS says that it can."""
    found = _started()
    if isinstance(found, str):
        (pytest.fail if os.environ.get("REQUIRE_SYSTEM_PARTS") else pytest.skip)(f"needs bubblewrap: {found}")
    return found
