"""The determinant of the product, and einsum."""

import torch


def plane_frechet(mean1, cov1, mean2, cov2):
    product = torch.einsum("ij,jk->ik", cov1, cov2)
    trace, determinant = torch.trace(product), torch.det(product)
    root = torch.sqrt(trace + 2 * torch.sqrt(determinant))
    return torch.dist(mean1, mean2) ** 2 + torch.trace(cov1 + cov2) - 2 * root
