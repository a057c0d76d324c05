"""A small number inside the logarithm against log 0.

Caught by: any_size
"""


def iwae_bound(log_w):
    return torch.log(log_w.exp().mean(0) + 1e-300)
