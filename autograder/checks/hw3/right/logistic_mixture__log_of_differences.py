"""Every cell is mirrored to the right of the mean, where the tail is an exponential."""



def dlm_log_prob(x, logits, mean, log_scale, levels):
    pixel = x.unsqueeze(-1).to(mean)
    centred = pixel - mean
    scale = log_scale.exp()
    near_end, far_end = (centred.abs() - 0.5) / scale, (centred.abs() + 0.5) / scale  # both to the right of the mean
    inner = -near_end - F.softplus(-near_end) - F.softplus(-far_end) + torch.log1p(-torch.exp(-1 / scale))
    inner = torch.where(scale > 10, inner - torch.log1p(-torch.exp(-1 / scale)) + torch.log(-torch.expm1(-1 / scale)), inner)
    first = F.logsigmoid((centred + 0.5) / scale)
    last = F.logsigmoid(-(centred - 0.5) / scale)
    mass = torch.where(pixel == 0, first, torch.where(pixel == levels - 1, last, inner))
    return torch.logsumexp(F.log_softmax(logits, -1) + mass, -1)


def dlm_sample(logits, mean, log_scale, levels, u_component, u_logistic):
    edges = F.softmax(logits, -1).cumsum(-1)[..., :-1]
    chosen = F.one_hot((u_component[..., None] >= edges).sum(-1), logits.shape[-1]).to(mean)
    m, s = (chosen * mean).sum(-1), (chosen * log_scale).sum(-1).exp()
    return torch.clamp(torch.round(m + s * torch.logit(u_logistic)), 0, levels - 1)
