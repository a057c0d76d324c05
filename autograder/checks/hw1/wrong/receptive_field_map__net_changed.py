"""The weights of the net are made positive and stay so.

Caught by: net_is_left_alone
"""


def receptive_field_map(net, H, W, r, c):
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.abs_() if parameter.dim() > 1 else parameter.zero_()
    x = torch.ones(1, 1, H, W, requires_grad=True)
    (gradient,) = torch.autograd.grad(net(x)[0, 0, r, c], x)
    return gradient[0, 0] != 0
