"""The reported KL is clamped, the gradient is that of the plain one.

Caught by: free_bits_gradient
"""


def kl_with_free_bits(kl, free_bits):
    mean = kl.mean(0)
    return (mean + (mean.clamp(min=free_bits) - mean).detach()).sum()
