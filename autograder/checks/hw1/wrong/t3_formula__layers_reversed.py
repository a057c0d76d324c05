"""The layers are chained in the wrong order, from the last to the first.

Caught by: several_hidden_layers
"""

first_to_last = path_counts


def path_counts(degrees, D):
    return first_to_last(degrees[::-1], D)
