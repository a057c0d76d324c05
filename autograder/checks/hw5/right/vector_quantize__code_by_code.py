"""A loop over the code vectors that keeps the best so far."""

import torch


def vector_quantize(z_e, codebook):
    with torch.no_grad():
        best = torch.full_like(z_e[:, 0], float("inf"))
        indices = torch.zeros_like(best, dtype=torch.int64)
        for k, code in enumerate(codebook):
            distance = ((z_e - code.view(1, -1, 1, 1)) ** 2).sum(dim=1)
            closer = distance < best
            best = torch.where(closer, distance, best)
            indices[closer] = k
    picked = codebook.index_select(0, indices.flatten()).view(*indices.shape, -1)
    picked = torch.einsum("bhwd->bdhw", picked)
    with torch.no_grad():
        offset = picked - z_e
    n = z_e.numel()
    return z_e + offset, indices, (picked - z_e.detach()).pow(2).sum() / n, (picked.detach() - z_e).pow(2).sum() / n
