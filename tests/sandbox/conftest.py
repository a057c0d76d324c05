"""A running sandbox for the tests of this folder, and short ways to ask it something."""

import pytest

from autograder.checking import GuestFailure, Limits
from autograder.sandbox import Sandbox
from tests import sandboxes

LIMITS = {"cpu_seconds": 20.0, "wall_seconds": 60.0, "memory_bytes": 3 << 30, "answer_bytes": 8 << 20}
PROBE = "def probe(student, *args):\n    return student.f(*args)"


class Asker:
    """A sandbox and one open guest in it."""

    def __init__(self, sandbox, guest):
        self.sandbox, self.guest = sandbox, guest

    def answer(self, source, *args, guest=None, **limits):
        """What `f(*args)` of the program returns, in a fresh check."""
        with self.session(source, guest=guest, **limits) as session:
            return session.call(PROBE, "probe", args, {})

    def failure(self, source, *args, guest=None, **limits):
        """The GuestFailure that a fresh check ends with."""
        with pytest.raises(GuestFailure) as caught:
            self.answer(source, *args, guest=guest, **limits)
        return caught.value

    def session(self, source, *, guest=None, **limits):
        return (guest or self.guest).session([("cell 1", source)], Limits(**(LIMITS | limits)))


@pytest.fixture(scope="session")
def bubblewrapped():
    return sandboxes.bubblewrapped()


@pytest.fixture(scope="session")
def bare():
    with Sandbox("none") as sandbox:
        yield sandbox


@pytest.fixture
def ask(bubblewrapped):
    """Ask a fresh guest behind bubblewrap."""
    with bubblewrapped.guest() as guest:
        yield Asker(bubblewrapped, guest)


@pytest.fixture
def ask_bare(bare):
    """Ask a fresh guest without isolation: for harmless programs only."""
    with bare.guest() as guest:
        yield Asker(bare, guest)


@pytest.fixture(params=["bubblewrap", "none"])
def ask_either(request):
    return request.getfixturevalue("ask" if request.param == "bubblewrap" else "ask_bare")
