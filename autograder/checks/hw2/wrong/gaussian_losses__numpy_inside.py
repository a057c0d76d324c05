"""NumPy on detached values: right numbers, no gradient.

Caught by: gradients
"""

import numpy as np


def gaussian_kl(mean1, log_std1, mean2=0.0, log_std2=0.0):
    a, b, c, d = (torch.as_tensor(part).detach().double().numpy() for part in (mean1, log_std1, mean2, log_std2))
    return torch.as_tensor(0.5 * (np.exp(2 * (b - d)) + (a - c) ** 2 * np.exp(-2 * d) - 1) - b + d)
