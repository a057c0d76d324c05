"""How text is shown in a terminal: what comes from outside without markup, controls or changes of direction."""

from __future__ import annotations

import os
import sys

from rich.console import Console
from rich.text import Text

from autograder.records import printable

# Files and pipes have no width; wide enough that a line of a table is a line of a log.
WIDTH_OF_A_LOG = 132


def console(to_stderr: bool = False) -> Console:
    """A console for this terminal, or for a file, where nothing moves and nothing is coloured."""
    stream = sys.stderr if to_stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else WIDTH_OF_A_LOG
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def safe(text: str, style: str = "") -> Text:
    """Text from outside, as text on one line."""
    return Text(printable(" ".join(text.split())), style=style)
