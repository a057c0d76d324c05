"""The receptive field of undilated layers.

Caught by: receptive_field
"""


def receptive_field(kernel_size, dilations):
    return 1 + (kernel_size - 1) * len(dilations)
