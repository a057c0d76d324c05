"""Adds the gate instead of multiplying by it.

Caught by: gated_activation
"""


def gated_activation(filter, gate):
    return torch.tanh(filter) + torch.sigmoid(gate)
