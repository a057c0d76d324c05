"""Two yardsticks for generators: the Jensen-Shannon divergence, and how many modes the samples cover.

Source  Lin (1991), IEEE Transactions on Information Theory 37(1), for the divergence; Srivastava et al. (2017),
        "VEEGAN", arXiv:1705.07761, section 4, for counting modes and good samples on a ring of Gaussians.
Shapes  K symbols or modes, N samples, d dimensions.
Units   nats.
"""

import math

import torch
from torch import Tensor


def js(p: Tensor, q: Tensor) -> Tensor:
    """The Jensen-Shannon divergence (KL(p || m) + KL(q || m)) / 2 with m = (p + q) / 2, in nats.

    p and q (..., K) are distributions over K symbols in their last dimension; the result has shape (...). Zeros are
    allowed, in one of the two or in both: 0 log 0 counts as 0.
    """
    m = (p + q) / 2
    terms = torch.xlogy(p, p) - torch.xlogy(p, m) + torch.xlogy(q, q) - torch.xlogy(q, m)
    return 0.5 * terms.sum(-1)


def mode_report(x: Tensor, centres: Tensor, radius: float) -> tuple[int, float, float]:
    """How well samples cover the modes of a mixture: (n_modes, good_share, kl_to_uniform), numbers or tensors ().

    x (N, d) are samples, centres (K, d) the modes. A sample is good when its nearest centre is at most `radius` away,
    and then belongs to it. good_share is the share of good samples. n_modes counts the centres that at least a tenth
    of their fair share of all samples belongs to, N / (10 K): a single stray sample makes no mode. kl_to_uniform is
    the KL divergence, in nats, from the distribution of the good samples over the K centres to the uniform one; if
    no sample is good it is log K, its largest value.
    """
    distance, nearest = torch.linalg.vector_norm(x[:, None] - centres, dim=-1).min(1)
    K = len(centres)
    counts = torch.bincount(nearest[distance <= radius], minlength=K).double()
    good = counts.sum().item()
    if good == 0:
        return 0, 0.0, math.log(K)
    frequency = counts / good
    kl = torch.xlogy(frequency, K * frequency).sum().item()
    return int((counts >= len(x) / (10 * K)).sum()), good / len(x), kl
