"""The sigmoid is taken of the filter and the tanh of the gate.

Caught by: gated_activation
"""


def gated_activation(filter, gate):
    return torch.sigmoid(filter) * torch.tanh(gate)
