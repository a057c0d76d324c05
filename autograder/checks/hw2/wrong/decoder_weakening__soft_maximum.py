"""A soft maximum: nearly right, and with a gradient below the limit.

Caught by: free_bits_gradient
"""


def kl_with_free_bits(kl, free_bits):
    return (free_bits + F.softplus(50 * (kl.mean(0) - free_bits)) / 50).sum()
