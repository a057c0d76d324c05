"""The two losses of a flow: maximum likelihood on data, and the reverse KL on a known density.

Source  Papamakarios et al. (2021), arXiv:1912.02762, section 2.3, both directions of the KL.
Units   nats.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def forward_kl_loss(flow: nn.Module, x: Tensor) -> Tensor:
    """What is to be made small to fit p to data x (B, ...): (), in nats.

    `flow(x)` returns z and log |det dz/dx| (B,); p is the law of x when z is standard normal. The loss is the mean of
    -log p(x) over the batch: an estimate of KL(data || p), but for the entropy of the data, which does not depend on p.
    """
    z, log_det = flow(x)
    return -(_log_base(z) + log_det).mean()


def reverse_kl_loss(flow: nn.Module, log_target: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
    """An estimate of KL(p || target) from standard normal noise z (B, ...): (), in nats.

    `flow.inverse(z)` returns x and log |det dx/dz| (B,); p is the law of this x. `log_target` takes x to log-densities
    (B,). No data are needed, and flow.forward is not called. A `log_target` without its normalising constant shifts
    the loss by a constant. The gradient reaches the flow's parameters through x as well.
    """
    x, log_det = flow.inverse(z)
    return (_log_base(z) - log_det - log_target(x)).mean()


def _log_base(z: Tensor) -> Tensor:
    """The log-density of standard normal z (B, ...), summed over everything but the batch: (B,)."""
    return torch.distributions.Normal(0.0, 1.0).log_prob(z).flatten(1).sum(1)
