"""The paths through each hidden layer on its own are added, not chained.

Caught by: several_hidden_layers
"""

all_layers = path_counts


def path_counts(degrees, D):
    return sum(all_layers([layer], D) for layer in degrees)
