"""The critic of a Wasserstein GAN with gradient penalty.

Source  Gulrajani, Ahmed, Arjovsky, Dumoulin & Courville (2017), arXiv:1704.00028, Eq. (3) and Algorithm 1.
Shapes  B pairs of a real and a generated point, each of any shape (...).
"""

from collections.abc import Callable

import torch
from torch import Tensor


def gradient_penalty(critic: Callable[[Tensor], Tensor], x_real: Tensor, x_fake: Tensor, t: Tensor) -> Tensor:
    """How far the slope of the critic is from 1 on the way between real and generated points: ().

    x_real and x_fake (B, ...) are the points, t (B,) holds one number in [0, 1] per pair. `critic` takes (B, ...) to
    one number per point, (B,) or (B, 1), each from its point alone. On the straight line of every pair, at
    t x_real + (1 - t) x_fake, take the Euclidean norm of the critic's gradient with respect to the point, over all
    its dimensions; the penalty is the mean over the pairs of (norm - 1)^2. It can be differentiated with respect to
    the critic's parameters, with a finite gradient also where the critic is flat; no gradient reaches x_real or
    x_fake.
    """
    t = t.view(-1, *[1] * (x_real.dim() - 1))
    x = (t * x_real + (1 - t) * x_fake).detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)  # row i depends on point i alone
    return (torch.linalg.vector_norm(slope.flatten(1), dim=1) - 1).square().mean()


def critic_loss(
    critic: Callable[[Tensor], Tensor], x_real: Tensor, x_fake: Tensor, t: Tensor, weight: float = 10.0
) -> Tensor:
    """What the critic minimises: mean critic(x_fake) - mean critic(x_real) + weight * penalty, ().

    Arguments as for `gradient_penalty`. A gradient reaches the critic's parameters, and neither x_real nor x_fake.
    """
    x_real, x_fake = x_real.detach(), x_fake.detach()
    return critic(x_fake).mean() - critic(x_real).mean() + weight * gradient_penalty(critic, x_real, x_fake, t)
