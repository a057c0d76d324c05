"""The KL is clamped from above.

Caught by: free_bits
"""


def kl_with_free_bits(kl, free_bits):
    return kl.mean(0).clamp(max=free_bits).sum()
