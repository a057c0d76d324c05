"""The pixel itself always counts as seen.

Caught by: smooth_stacks
"""


import copy


def receptive_field_map(net, H, W, r, c):
    net = copy.deepcopy(net)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.abs_() if parameter.dim() > 1 else parameter.zero_()
    x = torch.ones(1, 1, H, W, requires_grad=True)
    (gradient,) = torch.autograd.grad(net(x)[0, 0, r, c], x)
    seen = gradient[0, 0] != 0
    seen[r, c] = True
    return seen
