"""Works at x + 0, so that x is never made a leaf; a loop with a running sum."""


def divergence(f, x, eps=None):
    was_on = torch.is_grad_enabled()
    torch.set_grad_enabled(True)
    try:
        shift = torch.zeros_like(x).requires_grad_()
        at = x + shift
        y = f(at)
        if eps is None:
            result = torch.zeros(len(x), dtype=x.dtype)
            for d in range(x.size(1)):
                row = torch.autograd.grad(y[:, d].sum(), shift, create_graph=was_on, retain_graph=True)[0]
                result = result + row[:, d]
        else:
            row = torch.autograd.grad((y * eps).sum(), shift, create_graph=was_on)[0]
            result = (row * eps).sum(dim=-1)
    finally:
        torch.set_grad_enabled(was_on)
    return result
