"""What the generator learns from a perfect discriminator: the exact gradient on a finite alphabet.

Source  Goodfellow et al. (2014), arXiv:1406.2661, Proposition 1, for the discriminator; Arjovsky & Bottou (2017),
        arXiv:1701.04862, Theorems 2.4 and 2.5, for what becomes of the gradient.
Shapes  K symbols.
Units   nats.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def generator_gradient(logits: Tensor, p: Tensor, kind: str) -> Tensor:
    """Gradient of the generator's loss in its logits while a perfect discriminator stands still: (K,).

    The generator draws symbol k with probability g_k = softmax(logits)_k; p (K,) > 0 is the distribution of the data.
    The discriminator D = p / (p + g) is the best one against this generator, and it is held fixed while the expected
    loss, the sum over k of g_k log(1 - D_k) for kind "minimax" or of -g_k log D_k for kind "non-saturating", is
    differentiated with respect to the logits (K,). Nothing is sampled. The result is finite for finite logits, also
    where some g_k is too small for its logarithm to be taken.

    Raises ValueError for another kind.
    """
    if kind not in ("minimax", "non-saturating"):
        raise ValueError(f'kind must be "minimax" or "non-saturating", got {kind!r}')
    log_g, log_p = F.log_softmax(logits.detach(), 0), p.log()
    log_sum = torch.logaddexp(log_p, log_g)
    cost = log_g - log_sum if kind == "minimax" else log_sum - log_p  # log(1 - D) or -log D of every symbol
    g = log_g.exp()
    return g * (cost - g @ cost)  # the softmax's Jacobian, diag(g) - g g^T, times the cost
