"""The weights are filled with ones, those that are zero as well.

Caught by: zero_weights
"""

import copy


def receptive_field_map(net, H, W, r, c):
    net = copy.deepcopy(net).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(0.001)
    x = torch.ones(1, 1, H, W, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(net(x)[0, 0, r, c], x)
    return gradient[0, 0] != 0
