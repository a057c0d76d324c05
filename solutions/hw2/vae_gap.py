"""How far the ELBO of a variational autoencoder lies below log p(x), measured with importance weights.

Source  Burda, Grosse & Salakhutdinov (2016), arXiv:1509.00519, Eq. (8) and Theorem 1: the bound of K weights, which
        grows with K towards log p(x) and stands in for it here.
Shapes  K draws, B batch, D data dimension, d latent dimension.
Units   nats.
"""

import math
from collections.abc import Callable

from torch import Tensor


def vae_gap_report(
    x: Tensor,
    encoder: Callable[[Tensor], tuple[Tensor, Tensor]],
    log_joint: Callable[[Tensor, Tensor], Tensor],
    eps: Tensor,
) -> dict[str, Tensor]:
    """Estimates of log p(x), of the ELBO and of the gap between them: dict(log_px=(B,), elbo=(B,), gap=(B,)), in nats.

    `encoder(x)` takes x (B, D) to (mean, log_std) of q(z | x) = N(mean, diag(exp(log_std))^2), both (B, d).
    `log_joint(x, z)` takes x (B, D) and z (K, B, d) to log p(x, z), (K, B). eps (K, B, d) is standard normal noise.

    All three come from the same K importance weights w_k = p(x, z_k) / q(z_k | x), z_k = mean + exp(log_std) eps_k.
    `log_px` is the logarithm of the mean of the weights, `elbo` the mean of their logarithms, `gap` the first minus
    the second: by Jensen's inequality it is never negative. The result is finite however small the weights are.
    """
    mean, log_std = encoder(x)
    z = mean + log_std.exp() * eps
    log_q = -(0.5 * eps.square() + log_std + 0.5 * math.log(2 * math.pi)).sum(-1)  # (K, B)
    log_w = log_joint(x, z) - log_q
    log_px, elbo = log_w.logsumexp(0) - math.log(len(log_w)), log_w.mean(0)
    return {"log_px": log_px, "elbo": elbo, "gap": log_px - elbo}
