"""log q is the density of eps: log_std is missing.

Caught by: exact_posterior
"""


def vae_gap_report(x, encoder, log_joint, eps):
    mean, log_std = encoder(x)
    z = mean + torch.exp(log_std) * eps
    log_q = -(eps**2 / 2 + math.log(2 * math.pi) / 2).sum(-1)
    log_w = log_joint(x, z) - log_q
    log_px = torch.logsumexp(log_w, 0) - math.log(len(eps))
    elbo = log_w.mean(0)
    return {"log_px": log_px, "elbo": elbo, "gap": log_px - elbo}
