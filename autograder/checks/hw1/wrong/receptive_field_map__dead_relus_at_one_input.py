"""One gradient at one random input: some ReLUs are off there.

Caught by: dead_relus
"""


def receptive_field_map(net, H, W, r, c):
    x = torch.randn(1, 1, H, W, requires_grad=True)
    (gradient,) = torch.autograd.grad(net(x)[0, 0, r, c], x)
    return gradient[0, 0] != 0
