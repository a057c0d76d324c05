"""The gradient of the log ratio in z, taken apart from the critic."""


def avb_losses(encoder, critic, log_likelihood, x, eps, z_prior):
    z = encoder(x, eps)
    stopped = z.detach().requires_grad_(True)
    ratio = critic(x, stopped)
    (slope,) = torch.autograd.grad(ratio.sum(), stopped)
    through_z = ratio.detach() + ((z - z.detach()) * slope).sum(1)
    on_q = critic(x, z.detach())
    critic_loss = torch.logaddexp(-on_q, torch.zeros_like(on_q)).mean() + F.softplus(critic(x, z_prior)).mean()
    return critic_loss, (through_z - log_likelihood(x, z)).mean()
