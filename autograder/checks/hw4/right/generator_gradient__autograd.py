"""Automatic differentiation at fixed costs."""


def generator_gradient(logits, p, kind):
    leaf = logits.detach().clone().requires_grad_(True)
    log_g = torch.log_softmax(leaf, dim=0)
    with torch.no_grad():
        total = torch.logsumexp(torch.stack([torch.log(p), log_g]), 0)
        if kind == "minimax":
            cost = log_g - total
        elif kind == "non-saturating":
            cost = total - torch.log(p)
        else:
            raise ValueError(kind)
    return torch.autograd.grad((log_g.exp() * cost).sum(), leaf)[0]
