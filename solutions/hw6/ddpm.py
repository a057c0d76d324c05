"""Denoising diffusion: the loss, the sampler, and the score behind the noise predictor.

Source  Ho, Jain & Abbeel (2020), arXiv:2006.11239: Eq. (14), Algorithms 1-2 with the variance of Eq. (7); Efron (2011),
        JASA 106, 1602-1614, Eq. (1.4) (Tweedie's formula).
Shapes  B batch, T steps. A point has any shape behind the batch: x (B, ...).
Time    t runs over 1..T, index 0 is clean data; alpha_bars (T + 1,) with alpha_bars[0] = 1 as in exercise
        `forward_diffusion`.
Model   `model(x_t, t)` takes points (B, ...) and integers t (B,) in 1..T to a guess of the noise eps in them, (B, ...).
"""

from collections.abc import Callable

import torch
from torch import Tensor

from solutions.hw6.forward_diffusion import q_posterior, q_sample


def ddpm_loss(
    model: Callable[[Tensor, Tensor], Tensor], x0: Tensor, t: Tensor, eps: Tensor, alpha_bars: Tensor
) -> Tensor:
    """The simple loss: the squared error of the predicted noise, a mean over batch and coordinates, ().

    x0 (B, ...) are clean points, t (B,) in 1..T their steps, eps (B, ...) is the standard normal noise in x_t. It can
    be differentiated with respect to the parameters of the model.
    """
    return (model(q_sample(x0, t, eps, alpha_bars), t) - eps).square().mean()


def p_sample(
    model: Callable[[Tensor, Tensor], Tensor], xt: Tensor, t: int, noise: Tensor, alpha_bars: Tensor
) -> Tensor:
    """One step of the sampler, from x_t (B, ...) at the number t in 1..T to x_{t-1} (B, ...).

    The predicted noise gives a guess of x0, and the step draws from q(x_{t-1} | x_t, x0) with that guess in the place
    of x0, its mean and its variance, with the standard normal noise (B, ...). At t = 1 the result is the guess itself.
    """
    steps = torch.full((len(xt),), t)
    bar = alpha_bars[t]
    x0 = (xt - (1 - bar).sqrt().to(xt) * model(xt, steps)) / bar.sqrt().to(xt)
    mean, variance = q_posterior(x0, xt, steps, alpha_bars)
    return mean + variance.sqrt() * noise


@torch.no_grad()
def sample(model: Callable[[Tensor, Tensor], Tensor], x_end: Tensor, noise: Tensor, alpha_bars: Tensor) -> Tensor:
    """A chain of T steps of `p_sample`, from x_T = x_end (B, ...): all states (T + 1, B, ...), index t holding x_t.

    So entry 0 is the sample and entry T is x_end. noise (T, B, ...) is standard normal: noise[t - 1] is for the step
    from x_t to x_{t-1}. No graph is kept.
    """
    path = [x_end]
    for t in reversed(range(1, len(alpha_bars))):
        path.append(p_sample(model, path[-1], t, noise[t - 1], alpha_bars))
    return torch.stack(path[::-1])


def eps_to_score(eps: Tensor, t: Tensor, alpha_bars: Tensor) -> Tensor:
    """The score of q(x_t | x_0) at x_t, for the noise eps (B, ...) in x_t and t (B,) in 1..T: (B, ...).

    For a model's guess of the noise it is the guess of grad log q(x_t).
    """
    std = (1 - alpha_bars[t]).sqrt().to(eps)
    return -eps / std.reshape(-1, *[1] * (eps.dim() - 1))


def tweedie(xt: Tensor, score: Tensor, t: Tensor, alpha_bars: Tensor) -> Tensor:
    """The mean of x_0 given x_t, E[x_0 | x_t], from x_t (B, ...) and grad log q(x_t) (B, ...), for t (B,) in 1..T."""
    bar = alpha_bars[t].to(xt).reshape(-1, *[1] * (xt.dim() - 1))
    return (xt + (1 - bar) * score) / bar.sqrt()
