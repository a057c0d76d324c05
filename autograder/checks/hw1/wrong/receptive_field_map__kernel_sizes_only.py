"""The weights are read, not the gradients: a rectangle from the kernel sizes, as if nothing were masked.

Caught by: smooth_stacks
"""


def receptive_field_map(net, H, W, r, c):
    up = across = 0
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            up += layer.kernel_size[0] // 2 * layer.dilation[0]
            across += layer.kernel_size[1] // 2 * layer.dilation[1]
    seen = torch.zeros(H, W, dtype=torch.bool)
    seen[max(0, r - up) : r + up + 1, max(0, c - across) : c + across + 1] = True
    return seen
