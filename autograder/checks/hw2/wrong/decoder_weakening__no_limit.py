"""The limit is ignored.

Caught by: free_bits
"""


def kl_with_free_bits(kl, free_bits):
    return kl.mean(0).sum()
