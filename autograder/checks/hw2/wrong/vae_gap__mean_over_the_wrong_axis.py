"""Averages over the batch in place of the draws.

Caught by: values
"""


def vae_gap_report(x, encoder, log_joint, eps):
    mean, log_std = encoder(x)
    z = mean + torch.exp(log_std) * eps
    log_q = -(eps**2 / 2 + log_std + math.log(2 * math.pi) / 2).sum(-1)
    log_w = log_joint(x, z) - log_q
    log_px = torch.logsumexp(log_w, 1) - math.log(len(x))
    elbo = log_w.mean(1)
    return {"log_px": log_px, "elbo": elbo, "gap": log_px - elbo}
