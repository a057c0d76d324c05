"""Adds up the receptive fields of the layers, so that the shared step counts once per layer.

Caught by: receptive_field
"""


def receptive_field(kernel_size, dilations):
    return sum(1 + (kernel_size - 1) * d for d in dilations)
