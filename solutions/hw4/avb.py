"""Adversarial variational Bayes: an encoder that can be sampled, but whose density nobody knows.

Source  Mescheder, Nowozin & Geiger (2017), arXiv:1701.04722: Eq. (3.3) for the critic's objective, Proposition 1 for
        its optimum, Proposition 2 for why no gradient through the critic is missing.
Shapes  B batch, d_x, d_z, d_e dimensions of data, latent variable and noise.
Units   nats.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def avb_losses(
    encoder: Callable[[Tensor, Tensor], Tensor],
    critic: nn.Module,
    log_likelihood: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    eps: Tensor,
    z_prior: Tensor,
) -> tuple[Tensor, Tensor]:
    """The two losses of adversarial variational Bayes: (critic_loss (), encoder_loss ()), in nats per data point.

    z = encoder(x, eps) (B, d_z) is a draw from the implicit q(z | x) for every x (B, d_x), made from noise eps
    (B, d_e); z_prior (B, d_z) are draws from the prior. critic(x, z) gives (B,) logits: how much rather z came from
    q(z | x) than from p(z). At its best it is log q(z | x) - log p(z). critic_loss is the negative log-likelihood of
    that classifier, the mean over the pairs (x, z) plus the mean over the pairs (x, z_prior). encoder_loss is the
    mean of critic(x, z) - log_likelihood(x, z), where log_likelihood gives log p(x | z) (B,): the negative ELBO, with
    the critic in place of the log ratio.

    The gradient of critic_loss reaches the parameters of the critic only. That of encoder_loss reaches the encoder,
    through both of its terms, and whatever parameters log_likelihood has, but not those of the critic. Both losses
    are finite for logits of any finite size. The encoder is called once.
    """
    z = encoder(x, eps)
    critic_loss = F.softplus(-critic(x, z.detach())).mean() + F.softplus(critic(x, z_prior)).mean()
    frozen = {name: parameter.detach() for name, parameter in critic.named_parameters()}
    log_ratio = torch.func.functional_call(critic, frozen, (x, z))
    return critic_loss, (log_ratio - log_likelihood(x, z)).mean()
