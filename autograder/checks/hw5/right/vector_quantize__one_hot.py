"""cdist and one-hot products."""

import torch
import torch.nn.functional as F


def vector_quantize(z_e, codebook):
    B, D, H, W = z_e.shape
    flat = z_e.permute(0, 2, 3, 1).reshape(-1, D)
    indices = torch.cdist(flat, codebook).argmin(dim=1)
    one_hot = F.one_hot(indices, len(codebook)).to(z_e.dtype)
    quantised = (one_hot @ codebook).view(B, H, W, D).permute(0, 3, 1, 2)
    codebook_loss = F.mse_loss(quantised, z_e.detach())
    commitment_loss = F.mse_loss(z_e, quantised.detach())
    z_q = z_e - z_e.detach() + quantised.detach()
    return z_q, indices.view(B, H, W), codebook_loss, commitment_loss
