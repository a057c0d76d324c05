"""The arguments are wrapped in new tensors, which cuts the gradient.

Caught by: gradients
"""

import numpy as np


def gaussian_nll(x, mean, log_std):
    x, mean, log_std = (torch.tensor(np.array(part.tolist())) for part in (x, mean, log_std))
    return 0.5 * ((x - mean) / log_std.exp()) ** 2 + log_std + 0.5 * math.log(2 * math.pi)
