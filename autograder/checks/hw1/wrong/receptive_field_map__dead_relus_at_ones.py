"""A positive input, but weights of both signs: ReLUs of the later layers are off.

Caught by: dead_relus
"""


def receptive_field_map(net, H, W, r, c):
    x = torch.ones(1, 1, H, W, requires_grad=True)
    (gradient,) = torch.autograd.grad(net(x)[0, 0, r, c], x)
    return gradient[0, 0] != 0
