"""The pixel itself always counts as seen.

Caught by: smooth_stacks
"""

_field_without_centre = receptive_field_map


def receptive_field_map(net, H, W, r, c):
    seen = _field_without_centre(net, H, W, r, c)
    seen[r, c] = True
    return seen
