"""A ReLU in place of the tanh.

Caught by: gated_activation
"""


def gated_activation(filter, gate):
    return torch.relu(filter) * torch.sigmoid(gate)
