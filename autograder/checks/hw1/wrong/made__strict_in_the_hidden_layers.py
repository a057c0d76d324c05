"""Hidden layers connect with > as well: units of degree 1 read nothing.

Caught by: masks_connect_what_they_may
"""


def make_masks(D, hidden, order, generator):
    degrees = [order + 1]
    for width in hidden:
        degrees.append(torch.randint(1, D, (width,), generator=generator))
    masks = [(b[:, None] > a).float() for a, b in zip(degrees[:-1], degrees[1:])]
    return masks + [(degrees[0][:, None] > degrees[-1]).float()]
