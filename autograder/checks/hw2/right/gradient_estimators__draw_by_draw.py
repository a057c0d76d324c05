"""A loop over the draws, each with its own backward pass; the score from the definition of log q."""

def leaf(value):
    return torch.tensor(float(value), dtype=torch.float64, requires_grad=True)


def grad_reparam(f, mean, log_std, eps):
    rows = []
    for noise in eps:
        m, s = leaf(mean), leaf(log_std)
        f((m + s.exp() * noise).reshape(1)).sum().backward()
        rows.append([m.grad.item(), s.grad.item()])
    return torch.tensor(rows, dtype=eps.dtype)


def grad_score(f, mean, log_std, eps, baseline=0.0):
    rows = []
    for noise in eps:
        m, s = leaf(mean), leaf(log_std)
        z = float(mean) + math.exp(float(log_std)) * float(noise)
        log_q = -0.5 * ((z - m) / s.exp()) ** 2 - s
        log_q.backward()
        weight = f(torch.tensor([z], dtype=eps.dtype)).item() - baseline
        rows.append([weight * m.grad.item(), weight * s.grad.item()])
    return torch.tensor(rows, dtype=eps.dtype)
