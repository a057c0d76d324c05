"""Loops, with the logit of D."""


def generator_gradient(logits, p, kind):
    if kind != "minimax" and kind != "non-saturating":
        raise ValueError("kind")
    top = logits.max()
    shifted = (logits - top).tolist()
    log_total = math.log(sum(math.exp(s) for s in shifted))
    log_g = [s - log_total for s in shifted]
    costs = []
    for lg, pk in zip(log_g, p.tolist()):
        h = math.log(pk) - lg
        if kind == "minimax":
            costs.append(-h - math.log1p(math.exp(-h)) if h > 0 else -math.log1p(math.exp(h)))
        else:
            costs.append(math.log1p(math.exp(-h)) if h > 0 else -h + math.log1p(math.exp(h)))
    mean = sum(math.exp(lg) * c for lg, c in zip(log_g, costs))
    return torch.tensor([math.exp(lg) * (c - mean) for lg, c in zip(log_g, costs)], dtype=logits.dtype)
