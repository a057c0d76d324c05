"""The price of amortisation: one encoder for all data points against the best q for each.

Source  Cremer, Li & Duvenaud (2018), "Inference suboptimality in variational autoencoders", arXiv:1801.03558,
        Table 1: the amortisation gap is the ELBO of the best q(z) of the family minus the ELBO of q(z | x).
Shapes  K draws, B batch, D data dimension, d latent dimension.
Units   nats.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor


def _elbo(
    x: Tensor, mean: Tensor, log_std: Tensor, log_joint: Callable[[Tensor, Tensor], Tensor], eps: Tensor
) -> Tensor:
    """Mean over the draws of log p(x, z) - log q(z | x), z = mean + std eps: (B,)."""
    log_q = (-0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)).sum(-1)  # (K, B), the density of q at z
    return (log_joint(x, mean + log_std.exp() * eps) - log_q).mean(0)


def amortisation_gap(
    x: Tensor,
    encoder: Callable[[Tensor], tuple[Tensor, Tensor]],
    log_joint: Callable[[Tensor, Tensor], Tensor],
    eps: Tensor,
    steps: int,
    learning_rate: float,
) -> tuple[Tensor, Tensor]:
    """The ELBO of every data point with the encoder's q, and with a q of its own: (elbo_amortised, elbo_optimised).

    `encoder(x)` takes x (B, D) to (mean, log_std) of q(z | x) = N(mean, diag(exp(log_std))^2), both (B, d).
    `log_joint(x, z)` takes x (B, D) and z (K, B, d) to log p(x, z), (K, B). Both may be neural networks; neither they
    nor x change. Both ELBOs are (B,) in nats: the mean over k of log p(x, z_k) - log q(z_k | x), all at
    z_k = mean + exp(log_std) eps_k with the given noise eps (K, B, d).

    The second one is the ELBO after `steps` steps of Adam with that learning rate, which start at the encoder's
    output and climb the ELBO of every data point over its own mean and log_std, always with the same eps.
    """
    with torch.no_grad():
        start = encoder(x)
        elbo_amortised = _elbo(x, *start, log_joint, eps)
    mean, log_std = (parameter.clone().requires_grad_() for parameter in start)
    optimiser = torch.optim.Adam([mean, log_std], lr=learning_rate)
    for _ in range(steps):
        loss = -_elbo(x, mean, log_std, log_joint, eps).sum()
        # Only q moves: `backward()` would also leave gradients behind in the networks.
        mean.grad, log_std.grad = torch.autograd.grad(loss, (mean, log_std))
        optimiser.step()
    with torch.no_grad():
        return elbo_amortised, _elbo(x, mean, log_std, log_joint, eps)
