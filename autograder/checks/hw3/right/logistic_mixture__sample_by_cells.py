"""Draws by the mass function of the chosen component, level by level."""


def dlm_log_prob(x, logits, mean, log_scale, levels):
    value = x[..., None].to(mean)
    scale = torch.exp(log_scale)
    right = F.logsigmoid((value + 0.5 - mean) / scale)
    left = F.logsigmoid((mean - value + 0.5) / scale)
    both = right + left + torch.log(-torch.special.expm1(-1 / scale))
    mass = torch.where(value == levels - 1, left, both)
    mass = torch.where(value == 0, right, mass)
    return torch.logsumexp(logits.log_softmax(-1) + mass, -1)


def dlm_sample(logits, mean, log_scale, levels, u_component, u_logistic):
    borders = logits.softmax(-1).cumsum(-1)
    index = (borders[..., :-1] < u_component[..., None]).sum(-1)
    m = torch.take_along_dim(mean, index[..., None], -1)
    s = torch.take_along_dim(log_scale, index[..., None], -1).exp()
    edges = torch.arange(levels - 1).to(mean) + 0.5
    below = torch.sigmoid((edges - m) / s)  # (..., levels - 1): the CDF at the upper edge of every level but the last
    return (below < u_logistic[..., None]).sum(-1).to(mean.dtype)
