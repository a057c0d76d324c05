"""Gradients below a hundredth count as zero.

Caught by: smooth_stacks
"""


def receptive_field_map(net, H, W, r, c):
    x = torch.randn(1, 1, H, W, requires_grad=True)
    (gradient,) = torch.autograd.grad(net(x)[0, 0, r, c], x)
    return gradient[0, 0].abs() > 1e-2
