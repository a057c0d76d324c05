"""Two backward passes; copy_ of a clamped copy."""


def wgan_step(generator, critic, optimizers, x, noises, clip):
    g_opt, c_opt = optimizers
    for k in range(len(x)):
        c_opt.zero_grad()
        with torch.no_grad():
            fake = generator(noises[0][k])
        on_data, on_fakes = critic(x[k]).mean(), critic(fake).mean()
        (-on_data).backward()
        on_fakes.backward()
        c_opt.step()
        with torch.no_grad():
            for p in critic.parameters():
                p.copy_(torch.maximum(torch.minimum(p, torch.full_like(p, clip)), torch.full_like(p, -clip)))
    g_opt.zero_grad()
    (-critic(generator(noises[1]))).mean().backward()
    g_opt.step()
    return float(on_data - on_fakes)
