"""1 where there is a path, instead of the number of paths.

Caught by: one_hidden_layer
"""

counted = path_counts


def path_counts(degrees, D):
    return (counted(degrees, D) > 0).long()
