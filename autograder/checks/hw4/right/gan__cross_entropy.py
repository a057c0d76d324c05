"""Binary cross-entropy with logits; requires_grad switched for each step."""


def gan_losses(real, fake, kind):
    bce = F.binary_cross_entropy_with_logits
    loss_d = bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
    if kind == "minimax":
        return loss_d, -bce(fake, torch.zeros_like(fake))
    if kind == "non-saturating":
        return loss_d, bce(fake, torch.ones_like(fake))
    raise ValueError(kind)


def gan_step(generator, discriminator, optimizers, x, noises, kind):
    opt_g, opt_d = optimizers
    with torch.no_grad():
        fake = generator(noises[0])
    opt_d.zero_grad(set_to_none=False)
    loss_d, _ = gan_losses(discriminator(x), discriminator(fake), kind)
    loss_d.backward()
    opt_d.step()
    opt_g.zero_grad()
    out = discriminator(generator(noises[1]))
    _, loss_g = gan_losses(torch.zeros_like(out), out, kind)
    loss_g.backward()
    opt_g.step()
    opt_d.zero_grad()
    return float(loss_d.detach()), float(loss_g.detach())
