"""One gradient at the zero input, where ReLUs are off.

Caught by: dead_relus
"""


def receptive_field_map(net, H, W, r, c):
    x = torch.zeros(1, 1, H, W, requires_grad=True)
    (gradient,) = torch.autograd.grad(net(x)[0, 0, r, c], x)
    return gradient[0, 0] != 0
