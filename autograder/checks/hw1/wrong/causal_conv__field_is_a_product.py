"""Multiplies the layers instead of adding their gaps: right for kernel size 2 and doubling dilations only.

Caught by: receptive_field
"""


def receptive_field(kernel_size, dilations):
    return kernel_size ** len(dilations)
