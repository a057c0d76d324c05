"""torch.autograd.grad, set by hand."""


def follow(objective, network, optimizer):
    parameters = list(network.parameters())
    for p, g in zip(parameters, torch.autograd.grad(objective, parameters)):
        p.grad = -g
    optimizer.step()


def wgan_step(generator, critic, optimizers, x, noises, clip):
    estimates = []
    for real, z in zip(x, noises[0]):
        gap = critic(real).mean() - critic(generator(z).detach()).mean()
        follow(gap, critic, optimizers[1])
        torch.nn.utils.vector_to_parameters(
            torch.nn.utils.parameters_to_vector(critic.parameters()).clamp(-clip, clip), critic.parameters()
        )
        estimates.append(gap.item())
    follow(critic(generator(noises[1])).mean(), generator, optimizers[0])
    return estimates[-1]
