"""The receptive field of the last layer only.

Caught by: receptive_field
"""


def receptive_field(kernel_size, dilations):
    return 1 + (kernel_size - 1) * max(dilations, default=0)
