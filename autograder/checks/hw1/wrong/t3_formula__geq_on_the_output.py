"""Outputs read units of their own degree as well.

Caught by: one_hidden_layer
"""


def path_counts(degrees, D):
    layers = [torch.arange(1, D + 1), *map(torch.tensor, degrees)]
    paths = torch.eye(D, dtype=torch.long)
    for before, after in zip(layers[:-1], layers[1:]):
        paths = (after[:, None] >= before).long() @ paths
    return (layers[0][:, None] >= layers[-1]).long() @ paths
