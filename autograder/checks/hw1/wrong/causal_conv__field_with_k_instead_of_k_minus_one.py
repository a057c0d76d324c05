"""The receptive field counts kernel_size taps per layer instead of kernel_size - 1 gaps.

Caught by: receptive_field
"""


def receptive_field(kernel_size, dilations):
    return 1 + kernel_size * sum(dilations)
