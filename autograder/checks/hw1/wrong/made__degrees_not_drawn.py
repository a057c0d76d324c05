"""The degrees count round 1..D-1: every network of a size has the same masks.

Caught by: masks_are_drawn_with_the_generator
"""


def make_masks(D, hidden, order, generator):
    degrees = [order + 1] + [torch.arange(width) % (D - 1) + 1 for width in hidden]
    masks = [(b[:, None] >= a).float() for a, b in zip(degrees[:-1], degrees[1:])]
    return masks + [(degrees[0][:, None] > degrees[-1]).float()]
