"""The receptive field leaves out the output's own time step.

Caught by: receptive_field
"""


def receptive_field(kernel_size, dilations):
    return (kernel_size - 1) * sum(dilations)
