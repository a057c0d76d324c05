"""requires_grad switched off while the encoder loss is computed."""


def avb_losses(encoder, critic, log_likelihood, x, eps, z_prior):
    z = encoder(x, eps)
    bce = F.binary_cross_entropy_with_logits
    on_q, on_p = critic(x, z.detach()), critic(x, z_prior)
    critic_loss = bce(on_q, torch.ones_like(on_q)) + bce(on_p, torch.zeros_like(on_p))
    wanted = [p for p in critic.parameters() if p.requires_grad]
    for p in wanted:
        p.requires_grad_(False)
    ratio = critic(x, z)
    for p in wanted:
        p.requires_grad_(True)
    return critic_loss, torch.mean(ratio - log_likelihood(x, z))
