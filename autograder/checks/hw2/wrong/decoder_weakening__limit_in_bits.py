"""The limit is taken for bits and converted.

Caught by: free_bits
"""


def kl_with_free_bits(kl, free_bits):
    return kl.mean(0).clamp(min=free_bits * math.log(2)).sum()
