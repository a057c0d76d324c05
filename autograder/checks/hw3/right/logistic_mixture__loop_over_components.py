"""One component after the other, added with logaddexp."""


def component(x, mean, log_scale, levels):
    up, down = (x + 0.5 - mean) / log_scale.exp(), (x - 0.5 - mean) / log_scale.exp()
    inner = -F.softplus(-up) - F.softplus(down) + torch.log(-torch.expm1(-torch.exp(-log_scale)))
    lowest, highest = -F.softplus(-up), -F.softplus(down)
    return torch.where(x < 0.5, lowest, torch.where(x > levels - 1.5, highest, inner))


def dlm_log_prob(x, logits, mean, log_scale, levels):
    x = x.to(mean.dtype)
    weights = logits - logits.logsumexp(-1, keepdim=True)
    total = weights[..., 0] + component(x, mean[..., 0], log_scale[..., 0], levels)
    for k in range(1, logits.shape[-1]):
        total = torch.logaddexp(total, weights[..., k] + component(x, mean[..., k], log_scale[..., k], levels))
    return total


def dlm_sample(logits, mean, log_scale, levels, u_component, u_logistic):
    weights = logits.softmax(-1)
    left, value = u_component.clone(), mean[..., -1] + log_scale[..., -1].exp() * torch.logit(u_logistic)
    done = torch.zeros_like(u_component, dtype=torch.bool)
    for k in range(logits.shape[-1] - 1):
        here = ~done & (left < weights[..., k])
        value = torch.where(here, mean[..., k] + log_scale[..., k].exp() * torch.logit(u_logistic), value)
        done = done | here
        left = left - weights[..., k]
    return value.round().clamp(min=0, max=levels - 1)
