"""NumPy."""

import numpy as np
import torch


def straight_through_bias(A, z_e, z_q):
    A, step = A.numpy(), (z_q - z_e).numpy()
    return torch.from_numpy(2 * np.einsum("mi,mj,j->i", A, A, step))
