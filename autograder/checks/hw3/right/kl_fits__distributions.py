"""The base as an independent normal of torch."""


def base_log_prob(z):
    normal = torch.distributions.Normal(torch.zeros_like(z), torch.ones_like(z))
    return torch.distributions.Independent(normal, z.dim() - 1).log_prob(z)


def forward_kl_loss(flow, x):
    z, log_det = flow(x)
    return torch.mean(-base_log_prob(z) - log_det)


def reverse_kl_loss(flow, log_target, z):
    x, log_det = flow.inverse(z)
    return torch.mean(base_log_prob(z) - log_det - log_target(x))
