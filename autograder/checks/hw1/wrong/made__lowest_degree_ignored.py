"""Degrees are drawn from 1..D-1 in every layer: below the smallest of the layer before, a unit reads nothing.

Caught by: masks_connect_what_they_may
"""


def make_masks(D, hidden, order, generator):
    degrees = [order + 1] + [torch.randint(1, D, (width,), generator=generator) for width in hidden]
    masks = [(b[:, None] >= a).float() for a, b in zip(degrees[:-1], degrees[1:])]
    return masks + [(degrees[0][:, None] > degrees[-1]).float()]
