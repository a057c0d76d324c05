"""The likelihood of a latent-variable model by naive Monte Carlo: averaging over draws from the prior.

Model   p(x) = E_{p(z)}[p(x | z)], with p(x | z) = N(x; mean(z), diag(std(z))^2): independent coordinates.
Source  Kingma & Welling (2019), arXiv:1906.02691, section 1.7.1 (the intractable marginal likelihood).
Shapes  K draws, B batch, D data dimension, d latent dimension.
Units   nats.
"""

import math
from collections.abc import Callable

from torch import Tensor


def naive_log_px(x: Tensor, decoder: Callable[[Tensor], tuple[Tensor, Tensor]], z: Tensor) -> Tensor:
    """Logarithm of the Monte Carlo estimate of p(x) with K draws per data point: (B,), in nats.

    x (B, D) data; z (K, B, d) draws from the prior, column z[:, i] for the point x[i].
    `decoder(z)` gives (mean, std): mean (K, B, D), std a positive tensor of shape () or any that broadcasts to it.

    The estimate of p(x[i]) is the mean of p(x[i] | z[k, i]) over k; it is unbiased for p(x[i]), its logarithm is not
    for log p(x[i]). The result must be finite even where every p(x | z) is far too small for a floating-point number.
    """
    mean, std = decoder(z)
    scaled = (x - mean) / std
    log_likelihood = (-0.5 * scaled.square() - std.log() - 0.5 * math.log(2 * math.pi)).sum(-1)  # (K, B)
    return log_likelihood.logsumexp(0) - math.log(len(z))
