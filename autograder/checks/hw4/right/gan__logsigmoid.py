"""logsigmoid; gradients by torch.autograd.grad, set by hand."""


def gan_losses(real, fake, kind):
    if kind not in {"minimax", "non-saturating"}:
        raise ValueError("unknown kind " + str(kind))
    discriminator = -(F.logsigmoid(real).mean() + F.logsigmoid(-fake).mean())
    return discriminator, {"minimax": F.logsigmoid(-fake).mean(), "non-saturating": -F.logsigmoid(fake).mean()}[kind]


def descend(loss, network, optimizer):
    parameters = list(network.parameters())
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
        parameter.grad = gradient
    optimizer.step()
    return loss.item()


def gan_step(generator, discriminator, optimizers, x, noises, kind):
    fake = generator(noises[0]).detach()
    first = descend(gan_losses(discriminator(x), discriminator(fake), kind)[0], discriminator, optimizers[1])
    judged = discriminator(generator(noises[1]))
    second = descend(gan_losses(judged, judged, kind)[1], generator, optimizers[0])
    return first, second
