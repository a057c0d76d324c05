"""The losses of a generative adversarial network, and one step of training.

Source  Goodfellow et al. (2014), arXiv:1406.2661: Eq. (1) for the game, section 3 for the generator that maximises
        log D instead, algorithm 1 for the loop.
Shapes  B batch.
Units   nats.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def gan_losses(real: Tensor, fake: Tensor, kind: str) -> tuple[Tensor, Tensor]:
    """What the discriminator and the generator minimise: (discriminator_loss (), generator_loss ()), in nats.

    real (B,) and fake (B',) are the discriminator's logits on data and on generated points: D = sigmoid(logit) is the
    probability that a point is data. discriminator_loss is -(mean of log D on data) - (mean of log(1 - D) on fakes).
    generator_loss is the mean over the fakes of log(1 - D) for kind "minimax" and of -log D for kind
    "non-saturating". Both stay finite, with the right gradients, for logits of any finite size.

    Raises ValueError for another kind.
    """
    if kind not in ("minimax", "non-saturating"):
        raise ValueError(f'kind must be "minimax" or "non-saturating", got {kind!r}')
    generator_loss = -F.softplus(fake).mean() if kind == "minimax" else F.softplus(-fake).mean()
    return F.softplus(-real).mean() + F.softplus(fake).mean(), generator_loss


def gan_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimizers: tuple[torch.optim.Optimizer, torch.optim.Optimizer],
    x: Tensor,
    noises: tuple[Tensor, Tensor],
    kind: str,
) -> tuple[float, float]:
    """One step of the discriminator, then one of the generator: the two losses, each from before its own step.

    optimizers is (the generator's, the discriminator's), x (B, ...) a batch of data, and noises is (noise for the
    fakes that the discriminator learns from, noise for the fakes that the generator learns from). generator(noise)
    gives points like x, discriminator(x) logits (B,). The generator meets the discriminator as it is after its step.
    Each optimiser takes exactly one step, with the gradient of its own loss in `gan_losses` and of nothing else, so
    that neither what an earlier step left in the gradients nor the step of the other network enters. Real and fake
    points go through the discriminator as separate batches, in any order. `kind` is as in `gan_losses`.
    """
    of_generator, of_discriminator = optimizers
    fake = generator(noises[0]).detach()
    discriminator_loss = gan_losses(discriminator(x), discriminator(fake), kind)[0]
    _step(of_discriminator, discriminator_loss)
    judged = discriminator(generator(noises[1]))
    generator_loss = gan_losses(judged.detach(), judged, kind)[1]
    _step(of_generator, generator_loss)
    return discriminator_loss.item(), generator_loss.item()


def _step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
