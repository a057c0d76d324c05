"""The critic is frozen while the generator steps; gradients set to zero."""


def wgan_step(generator, critic, optimizers, x, noises, clip):
    opt_g, opt_c = optimizers
    estimate = None
    for i in range(x.shape[0]):
        critic.zero_grad()
        estimate = critic(x[i]).mean() - critic(generator(noises[0][i]).detach()).mean()
        estimate.neg().backward()
        opt_c.step()
        for p in critic.parameters():
            with torch.no_grad():
                p.clamp_(min=-clip, max=clip)
    for p in critic.parameters():
        p.requires_grad_(False)
    generator.zero_grad(set_to_none=False)
    loss = critic(generator(noises[1])).neg().mean()
    loss.backward()
    opt_g.step()
    for p in critic.parameters():
        p.requires_grad_(True)
    return estimate.detach()
