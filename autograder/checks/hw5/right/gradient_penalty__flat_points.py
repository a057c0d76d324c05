"""Points are flattened before anything else."""

import torch


class Line:
    """The points between the pairs."""

    def __init__(self, real, fake, t):
        self.shape = real.shape
        self.flat = fake.flatten(1) + t[:, None] * (real.flatten(1) - fake.flatten(1))


def gradient_penalty(critic, x_real, x_fake, t):
    flat = Line(x_real, x_fake, t).flat.detach().requires_grad_()
    value = critic(flat.view(x_real.shape)).sum()
    (slope,) = torch.autograd.grad(value, [flat], create_graph=True)
    return torch.nn.functional.mse_loss(slope.norm(2, dim=1), torch.ones(len(flat)).to(flat))


def critic_loss(critic, x_real, x_fake, t, weight=10.0):
    wasserstein = critic(x_real.data).mean() - critic(x_fake.data).mean()
    return weight * gradient_penalty(critic, x_real, x_fake, t) - wasserstein
