"""A deep copy of the net with positive weights, all of one size, and zero biases, differentiated at a positive input."""

import copy

import torch


def receptive_field_map(net, H, W, r, c):
    twin = copy.deepcopy(net)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.copy_((parameter != 0) / parameter.numel() if parameter.dim() > 1 else torch.zeros_like(parameter))
    x = torch.full((1, 1, H, W), 0.1, requires_grad=True)
    twin(x)[0, 0, r, c].backward()
    return x.grad[0, 0] > 0


def blind_spot(net, H, W, r, c):
    missed = ~receptive_field_map(net, H, W, r, c)
    missed[r, c:] = False
    missed[r + 1 :] = False
    return missed
