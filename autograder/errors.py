"""Trouble that a person can mend, and the exit codes of every command.

An error of these says in its sentence what is wrong and what to do, and knows with which code a command ends; the
command line prints the one and returns the other, and nobody between needs to catch it.
"""

DONE, SOME_NOT_GRADED, WRONG_USAGE, GRADER_BROKE, INTERRUPTED = 0, 1, 2, 3, 130


class AutograderError(Exception):
    """The sentence is the message; `exit_code` is the class's, unless this one has its own."""

    exit_code = WRONG_USAGE

    def __init__(self, sentence: str, exit_code: int | None = None) -> None:
        super().__init__(sentence)
        if exit_code is not None:
            self.exit_code = exit_code
