"""Three cures for posterior collapse: free bits, annealing of the KL term, and word dropout.

Source  Kingma et al. (2016), arXiv:1606.04934, Eq. (15) and appendix C.8 (free bits, there lambda nats per group of
        dimensions; here every group is one dimension); Bowman et al. (2016), arXiv:1511.06349, section 3.1.
Shapes  B batch, d latent dimensions, T sequence length.
Units   nats.
"""

import torch
from torch import Tensor


def kl_with_free_bits(kl: Tensor, free_bits: float) -> Tensor:
    """The KL term of the loss with free bits: (), in nats.

    kl (B, d) holds KL(q(z_j | x_b) || p(z_j)) of every data point and latent dimension. A dimension costs its mean
    over the batch, but never less than `free_bits` nats; the result is the sum of these costs over the dimensions.
    So below `free_bits` nothing is gained by making a dimension carry less: no gradient goes to it.
    """
    return kl.mean(0).clamp(min=free_bits).sum()


def beta_schedule(step: int, warmup: int) -> float:
    """Weight of the KL term at training step 0, 1, 2, ...: it rises linearly from 0 to 1 at step `warmup`, then stays.

    With warmup = 0 it is 1 from the start.
    """
    return min(1.0, step / warmup) if warmup > 0 else 1.0


def word_dropout(x: Tensor, p: float, u: Tensor) -> Tensor:
    """What an autoregressive decoder gets to see of its past: x (B, T) with symbols dropped, again (B, T), float.

    The symbols of x are 0 and 1. A symbol is dropped exactly when its uniform number u (B, T) is smaller than p; it
    becomes 0.5, which says nothing. All others stay. x itself does not change.
    """
    return torch.where(u < p, 0.5, x.to(u.dtype))
