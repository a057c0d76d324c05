"""Vector quantisation with a straight-through gradient.

Source  van den Oord, Vinyals & Kavukcuoglu (2017), arXiv:1711.00937, Eqs. (1)-(3).
Shapes  B images, D dimensions of a code vector, H x W places, K code vectors.
"""

from torch import Tensor


def vector_quantize(z_e: Tensor, codebook: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Replace the vector at every place by the nearest code vector: (z_q, indices, codebook_loss, commitment_loss).

    z_e (B, D, H, W) is what an encoder says, codebook (K, D) holds the code vectors. indices (B, H, W), long, tells
    for every place which code vector has the smallest Euclidean distance, up to rounding, and z_q (B, D, H, W) holds
    those vectors. Both losses () are the mean over all B D H W elements of (z_e - z_q)^2.

    Gradients: what reaches z_q is passed on to z_e unchanged, as if z_q were z_e, and none of it to the codebook.
    codebook_loss has a gradient for the codebook only, commitment_loss for z_e only.
    """
    vectors = z_e.permute(0, 2, 3, 1)  # (B, H, W, D)
    distance = codebook.square().sum(1) - 2 * vectors @ codebook.mT  # the squared distance but for |vectors|^2
    indices = distance.argmin(-1)
    nearest = codebook[indices].permute(0, 3, 1, 2)
    codebook_loss = (nearest - z_e.detach()).square().mean()
    commitment_loss = (nearest.detach() - z_e).square().mean()
    return z_e + (nearest - z_e).detach(), indices, codebook_loss, commitment_loss
