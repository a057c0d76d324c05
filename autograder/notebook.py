"""From a submitted file to programs: `read_notebook`, then `slice_exercise` for each exercise.

The public face of `reading` (bytes to cells) and `slicing` (cells to the definitions that an exercise needs).
"""

from autograder.reading import Cell, Notebook, NotebookError, read_notebook
from autograder.slicing import READY, Slice, slice_exercise

__all__ = ["READY", "Cell", "Notebook", "NotebookError", "Slice", "read_notebook", "slice_exercise"]
