"""Earlier is taken to mean above and to the left; the wedge on the right is lost.

Caught by: blind_spot
"""


def blind_spot(net, H, W, r, c):
    earlier = torch.zeros(H, W, dtype=torch.bool)
    earlier[: r + 1, : c + 1] = True
    earlier[r, c] = False
    return earlier & ~receptive_field_map(net, H, W, r, c)
