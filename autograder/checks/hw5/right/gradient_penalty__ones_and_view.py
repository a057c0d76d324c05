"""grad_outputs of ones, views, and a norm with a small constant under the root."""

import torch


def gradient_penalty(critic, x_real, x_fake, t):
    B = x_real.shape[0]
    shape = (B,) + (1,) * (x_real.ndim - 1)
    t = t.reshape(shape)
    x_hat = torch.lerp(x_fake.detach(), x_real.detach(), t.to(x_real))
    x_hat.requires_grad_(True)
    out = critic(x_hat)
    grads = torch.autograd.grad(
        outputs=out, inputs=x_hat, grad_outputs=torch.ones_like(out), create_graph=True, retain_graph=True
    )[0]
    norm = torch.sqrt(grads.reshape(B, -1).pow(2).sum(1) + 1e-12)
    return torch.mean((norm - 1.0) ** 2)


def critic_loss(critic, x_real, x_fake, t, weight=10.0):
    penalty = gradient_penalty(critic, x_real, x_fake, t)
    return torch.mean(critic(x_fake.detach())) - torch.mean(critic(x_real.detach())) + weight * penalty
