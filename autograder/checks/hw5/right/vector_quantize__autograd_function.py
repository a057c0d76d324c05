"""A custom autograd function for the step that has no gradient."""

import torch


class Straight(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z_e, z_q):
        return z_q.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def vector_quantize(z_e, codebook):
    distances = (z_e.unsqueeze(1) - codebook[None, :, :, None, None]).pow(2).sum(2)
    indices = distances.min(dim=1).indices
    chosen = torch.nn.functional.embedding(indices, codebook).movedim(3, 1)
    codebook_loss = ((z_e.detach() - chosen) ** 2).mean()
    commitment_loss = ((z_e - chosen.detach()) ** 2).mean()
    return Straight.apply(z_e, chosen.detach()), indices, codebook_loss, commitment_loss
