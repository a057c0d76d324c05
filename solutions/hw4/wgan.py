"""One step of the Wasserstein GAN with weight clipping.

Source  Arjovsky, Chintala & Bottou (2017), arXiv:1701.07875, algorithm 1; there with RMSProp.
Shapes  K critic steps, B batch.
"""

import torch
from torch import Tensor, nn


def wgan_step(
    generator: nn.Module,
    critic: nn.Module,
    optimizers: tuple[torch.optim.Optimizer, torch.optim.Optimizer],
    x: Tensor,
    noises: tuple[Tensor, Tensor],
    clip: float,
) -> float:
    """K steps of the critic, then one of the generator: the critic's estimate of the distance, from its last step.

    optimizers is (the generator's, the critic's); x (K, B, ...) holds a batch of data for every step of the critic,
    and noises is (noise (K, B, ...) for the critic's fakes, noise (B, ...) for the generator's). generator(noise)
    gives points like x, critic(x) numbers (B,). A critic step increases (mean of critic on data) - (mean of critic on
    fakes) and then clips every parameter of the critic to [-clip, clip], biases as well. The generator's step
    increases the mean of critic on its fakes. No step uses gradients that are left from another. What is returned is
    the difference of means in the last critic step, before its update.
    """
    of_generator, of_critic = optimizers
    for batch, noise in zip(x, noises[0], strict=True):
        distance = critic(batch).mean() - critic(generator(noise).detach()).mean()
        _step(of_critic, -distance)
        for parameter in critic.parameters():
            parameter.data.clamp_(-clip, clip)
    _step(of_generator, -critic(generator(noises[1])).mean())
    return distance.item()


def _step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
