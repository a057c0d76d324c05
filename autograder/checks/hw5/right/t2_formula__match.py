"""A match statement, and NumPy inside."""

import numpy as np
import torch


def optimal_critic(name, ratio):
    u = ratio.numpy()
    match name:
        case "kl":
            t = np.log(u) + 1
        case "reverse_kl":
            t = -1 / u
        case "pearson":
            t = 2 * (u - 1)
        case "hellinger":
            t = 1 - 1 / np.sqrt(u)
        case "js":
            t = np.log(2 * u / (u + 1))
        case "gan":
            t = np.log(u / (u + 1))
        case _:
            raise ValueError("no such divergence")
    return torch.from_numpy(t)
