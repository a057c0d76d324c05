"""Inputs of degree 0..D-1 and > in the output layer: the variable just before is out of reach.

Caught by: masks_connect_what_they_may
"""


def make_masks(D, hidden, order, generator):
    degrees = [order + 1]
    for width in hidden:
        degrees.append(torch.randint(int(degrees[-1].min()), D, (width,), generator=generator))
    masks = [(b[:, None] >= a).float() for a, b in zip(degrees[:-1], degrees[1:])]
    return masks + [(order[:, None] > degrees[-1]).float()]
