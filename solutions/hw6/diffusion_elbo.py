"""The evidence lower bound of a diffusion model: its terms, and the log-ratio along a path that it averages.

Source  Ho, Jain & Abbeel (2020), arXiv:2006.11239, Eqs. (3) and (5), with the variances of Eq. (7).
Shapes  B batch, D dimension, T steps.
Time    t runs over 1..T, index 0 is clean data; alpha_bars (T + 1,) with alpha_bars[0] = 1 as in exercise
        `forward_diffusion`.
Units   nats per data point.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from solutions.hw6.forward_diffusion import q_posterior, q_sample


def _log_normal(x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """log N(x; mean, variance I), summed over the last dimension."""
    return (-0.5 * ((x - mean).square() / variance + variance.log() + math.log(2 * math.pi))).sum(-1)


def path_log_ratio(
    path: Tensor,
    reverse: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    log_prior: Callable[[Tensor], Tensor],
    alpha_bars: Tensor,
) -> Tensor:
    """log p(x_0, ..., x_T) - log q(x_1, ..., x_T | x_0) of given paths: (B,), in nats.

    path (T + 1, B, D) holds x_t at index t. The model starts at x_T with log_prior(x_T), (B,), and steps with
    `reverse(x_t, t)`, which takes points (B, D) and integers t (B,) to the mean (B, D) and the variance of the Gaussian
    p(x_{t-1} | x_t), the variance in any shape that broadcasts to the mean's. A step of q is
    x_t = sqrt(alpha_t) x_{t-1} + sqrt(beta_t) noise. The mean over paths drawn from q is the evidence lower bound.
    """
    ratio = log_prior(path[-1])
    for t in range(1, len(path)):
        alpha = (alpha_bars[t] / alpha_bars[t - 1]).to(path)
        mean, variance = reverse(path[t], torch.full(path.shape[1:2], t))
        ratio = (
            ratio
            + _log_normal(path[t - 1], mean, variance)
            - _log_normal(path[t], alpha.sqrt() * path[t - 1], 1 - alpha)
        )
    return ratio


def vlb_terms(model: Callable[[Tensor, Tensor], Tensor], x0: Tensor, eps: Tensor, alpha_bars: Tensor) -> Tensor:
    """The terms L_0, ..., L_T of the negative ELBO of x0 (B, D), in nats: (T + 1, B).

    `model(x_t, t)` takes points (B, D) and integers t (B,) to a guess of the noise; eps (T, B, D) is standard normal,
    and eps[t - 1] makes x_t from x0. The model's kernel p(x_{t-1} | x_t) has the mean of q(x_{t-1} | x_t, x_0) with the
    guess of x0 that belongs to the guess of the noise, and the same variance as q; only at t = 1, where that is 0, it
    has the variance beta_1. Index t - 1 of the result, for t = 2..T, is KL(q(x_{t-1} | x_t, x_0) || p(x_{t-1} | x_t));
    index 0 is -log p(x_0 | x_1), and index T is KL(q(x_T | x_0) || N(0, I)). The mean over eps of their sum is the
    negative ELBO. The result can be differentiated with respect to the parameters of the model.
    """
    terms = []
    T = len(alpha_bars) - 1
    for t in range(1, T + 1):
        steps, bar = torch.full(x0.shape[:1], t), alpha_bars[t].to(x0)
        xt = q_sample(x0, steps, eps[t - 1], alpha_bars)
        guess = (xt - (1 - bar).sqrt() * model(xt, steps)) / bar.sqrt()
        if t == 1:
            terms.append(-_log_normal(x0, guess, 1 - bar))
        else:
            mean, variance = q_posterior(x0, xt, steps, alpha_bars)
            terms.append(((mean - q_posterior(guess, xt, steps, alpha_bars)[0]).square() / (2 * variance)).sum(1))
    bar = alpha_bars[T].to(x0)
    terms.append(0.5 * (bar * x0.square() - bar - (1 - bar).log()).sum(1))
    return torch.stack(terms)
