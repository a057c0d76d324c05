"""Latent variables that are codes: the KL divergence, and a bound without any noise.

Source  Jang, Gu & Poole (2017), arXiv:1611.01144, section 3 and 4.3 (categorical latents with a uniform prior);
        the sum over all codes is the definition of the expectation.
Shapes  B data points, N latent variables, each with one of K values.
Units   nats per data point.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor


def categorical_kl(logits: Tensor) -> Tensor:
    """KL(q(z | x) || p(z)) of N independent latents against uniform ones, summed over the latents: (B,), in nats.

    logits (B, N, K): latent n of data point b takes value k with probability softmax(logits[b, n])[k] under q, and
    1 / K under p. It can be differentiated, and it is finite for finite logits of any size.
    """
    log_q = logits.log_softmax(-1)
    return (log_q.exp() * log_q).sum((-1, -2)) + logits.shape[1] * math.log(logits.shape[2])


def exact_elbo(logits: Tensor, log_likelihood: Callable[[Tensor], Tensor]) -> Tensor:
    """The ELBO with the sum over all K^N codes in place of a draw: (B,), in nats.

    logits (B, N, K) are those of q(z | x) as in `categorical_kl`, and the prior is uniform. `log_likelihood` takes
    codes z (S, N), long, to log p(x_b | z_s) for every data point: (S, B). It may be called once or several times.
    The result can be differentiated with respect to the logits and to what log_likelihood depends on.
    """
    _, N, K = logits.shape
    codes = torch.cartesian_prod(*[torch.arange(K)] * N).view(-1, N)
    log_q = logits.log_softmax(-1)[:, torch.arange(N), codes].sum(-1)  # (B, K^N)
    return (log_q.exp() * log_likelihood(codes).mT).sum(1) - categorical_kl(logits)
