"""logaddexp with zero; everything inline, tensors returned as numbers."""


def plus(h):
    return torch.logaddexp(h, torch.zeros_like(h))


def gan_losses(real, fake, kind):
    assert_kind = {"minimax": 0, "non-saturating": 1}
    if kind not in assert_kind:
        raise ValueError(f"kind: {kind}")
    loss_d = plus(-real).sum() / len(real) + plus(fake).sum() / len(fake)
    loss_g = plus(-fake).mean() if assert_kind[kind] else -plus(fake).mean()
    return loss_d, loss_g


def gan_step(generator, discriminator, optimizers, x, noises, kind):
    g_opt, d_opt = optimizers
    for net in (generator, discriminator):
        net.zero_grad()
    fake = generator(noises[0])
    d_loss = plus(-discriminator(x)).mean() + plus(discriminator(fake.detach())).mean()
    d_loss.backward()
    d_opt.step()
    for net in (generator, discriminator):
        net.zero_grad()
    h = discriminator(generator(noises[1]))
    g_loss = plus(-h).mean() if kind == "non-saturating" else -plus(h).mean()
    g_loss.backward()
    g_opt.step()
    return [d_loss.item(), g_loss.item()]
