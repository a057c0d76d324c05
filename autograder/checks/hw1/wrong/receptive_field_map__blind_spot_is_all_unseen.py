"""Every pixel that is not seen counts as blind, those after (r, c) too.

Caught by: blind_spot
"""


def blind_spot(net, H, W, r, c):
    return ~receptive_field_map(net, H, W, r, c)
