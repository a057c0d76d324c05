"""The Jacobian of the softmax as a matrix."""


def generator_gradient(logits, p, kind):
    h = torch.log(p) - F.log_softmax(logits, dim=0)
    costs = {"minimax": -F.softplus(h), "non-saturating": F.softplus(-h)}
    if kind not in costs:
        raise ValueError(f"no such kind: {kind}")
    g = torch.softmax(logits, 0)
    return (torch.diag(g) - torch.outer(g, g)) @ costs[kind]
