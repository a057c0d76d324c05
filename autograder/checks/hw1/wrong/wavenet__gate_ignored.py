"""tanh only.

Caught by: gated_activation
"""


def gated_activation(filter, gate):
    return torch.tanh(filter)
