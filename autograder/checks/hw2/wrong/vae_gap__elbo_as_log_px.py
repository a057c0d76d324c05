"""The ELBO stands for log p(x) too.

Caught by: values
"""


def vae_gap_report(x, encoder, log_joint, eps):
    mean, log_std = encoder(x)
    z = mean + torch.exp(log_std) * eps
    log_q = -(eps**2 / 2 + log_std + math.log(2 * math.pi) / 2).sum(-1)
    log_w = log_joint(x, z) - log_q
    log_px = log_w.mean(0)
    elbo = log_w.mean(0)
    return {"log_px": log_px, "elbo": elbo, "gap": log_px - elbo}
