"""Public checks of the formula of theory problem 3."""

import torch
from dgm.checking import public_check


@public_check("the result is a (D, D) table of whole numbers")
def table(student):
    paths = torch.as_tensor(student.path_counts([[1, 2, 3, 2], [2, 1, 3]], 4))
    assert tuple(paths.shape) == (4, 4), "path_counts should return a (D, D) tensor"
    assert bool((paths == paths.round()).all()) and bool((paths >= 0).all()), "paths are counted: 0, 1, 2, ..."


@public_check("no path leads from a variable to itself or back")
def strictly_lower(student):
    paths = torch.as_tensor(student.path_counts([[1, 2, 3, 2], [2, 1, 3]], 4))
    assert float(paths.triu().sum()) == 0, "row i holds the paths to output i: only inputs j < i may reach it"


@public_check("one hidden unit between two variables")
def one_unit(student):
    paths = torch.as_tensor(student.path_counts([[1]], 2))
    assert int(paths[1, 0]) == 1, "with D = 2 and one unit, one path leads from the first input to the second output"


@public_check("twice the units, twice the paths")
def more_units(student):
    once, twice = (torch.as_tensor(student.path_counts([[1, 2, 2] * n], 3)) for n in (1, 2))
    assert bool((twice == 2 * once).all()), "every unit that is there twice carries every one of its paths twice"
