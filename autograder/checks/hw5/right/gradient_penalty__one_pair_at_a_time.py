"""Pair by pair, in a loop."""

import torch


def gradient_penalty(critic, x_real, x_fake, t):
    total = 0.0
    for real, fake, share in zip(x_real.detach(), x_fake.detach(), t):
        x = (fake + share * (real - fake))[None].clone().requires_grad_(True)
        slope = torch.autograd.grad(critic(x).sum(), x, create_graph=True)[0]
        total = total + (slope.norm() - 1) ** 2
    return total / len(x_real)


def critic_loss(critic, x_real, x_fake, t, weight=10.0):
    with torch.no_grad():
        x_real, x_fake = x_real.clone(), x_fake.clone()
    both = critic(torch.cat([x_real, x_fake])).reshape(-1)
    n = len(x_real)
    return both[n:].mean() - both[:n].mean() + weight * gradient_penalty(critic, x_real, x_fake, t)
