"""The mean of every term by itself."""


def forward_kl_loss(flow, x):
    z, log_det = flow(x)
    D = z[0].numel()
    return 0.5 * D * math.log(2 * math.pi) + 0.5 * z.pow(2).sum() / len(z) - log_det.mean()


def reverse_kl_loss(flow, log_target, z):
    x, log_det = flow.inverse(z)
    entropy = 0.5 * z[0].numel() * math.log(2 * math.pi) + 0.5 * z.pow(2).sum() / len(z) + log_det.mean()
    return -entropy - log_target(x).mean()
