"""Entry (i, j) counts the paths from input i to output j.

Caught by: one_hidden_layer
"""

from_column_to_row = path_counts


def path_counts(degrees, D):
    return from_column_to_row(degrees, D).T
