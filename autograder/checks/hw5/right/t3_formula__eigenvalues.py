"""By the eigenvalues of the product after all."""

import torch


def plane_frechet(mean1, cov1, mean2, cov2):
    values = torch.linalg.eigvals(cov1 @ cov2).real.clamp(min=0)
    difference = mean1 - mean2
    return difference @ difference + torch.trace(cov1) + torch.trace(cov2) - 2 * values.sqrt().sum()
