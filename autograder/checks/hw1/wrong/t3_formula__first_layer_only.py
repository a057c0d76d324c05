"""The layers after the first hidden one are ignored.

Caught by: several_hidden_layers
"""

all_layers = path_counts


def path_counts(degrees, D):
    return all_layers(degrees[:1], D)
