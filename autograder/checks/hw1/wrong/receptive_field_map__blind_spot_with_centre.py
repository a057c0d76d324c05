"""The pixel itself counts as an earlier pixel.

Caught by: blind_spot
"""


def blind_spot(net, H, W, r, c):
    return (torch.arange(H * W).view(H, W) <= r * W + c) & ~receptive_field_map(net, H, W, r, c)
