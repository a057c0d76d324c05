"""The total KL is clamped, not each dimension.

Caught by: free_bits
"""


def kl_with_free_bits(kl, free_bits):
    return kl.mean(0).sum().clamp(min=free_bits)
