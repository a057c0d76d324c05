"""Degrees 1..D: no output reads a unit of degree D.

Caught by: masks_connect_what_they_may
"""


def make_masks(D, hidden, order, generator):
    degrees = [order + 1]
    for width in hidden:
        degrees.append(torch.randint(int(degrees[-1].min()), D + 1, (width,), generator=generator))
    masks = [(b[:, None] >= a).float() for a, b in zip(degrees[:-1], degrees[1:])]
    return masks + [(degrees[0][:, None] > degrees[-1]).float()]
