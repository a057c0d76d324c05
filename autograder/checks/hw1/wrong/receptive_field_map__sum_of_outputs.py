"""The gradient of the sum over all outputs: the pixels that influence any output.

Caught by: smooth_stacks
"""


def receptive_field_map(net, H, W, r, c):
    x = torch.rand(1, 1, H, W, requires_grad=True)
    (gradient,) = torch.autograd.grad(net(x).sum(), x)
    return gradient[0, 0] != 0
