"""From a submitted file to programs: `read_notebook`, then `slice_exercise` for each exercise.

reading     bytes -> cells, for anything that claims to be a notebook
embedded    pictures inside of texts -> attachments
statements  cells -> statements, without IPython's magics
slicing     statements -> the definitions that one exercise needs
matching    which cell answers which theory problem, also where an editor dropped the names of cells
"""

from autograder.notebooks.reading import Cell, Notebook, NotebookError, read_notebook
from autograder.notebooks.slicing import READY, Slice, slice_exercise

__all__ = ["READY", "Cell", "Notebook", "NotebookError", "Slice", "read_notebook", "slice_exercise"]
