"""The filter is not squashed (a gated linear unit).

Caught by: gated_activation
"""


def gated_activation(filter, gate):
    return filter * torch.sigmoid(gate)
