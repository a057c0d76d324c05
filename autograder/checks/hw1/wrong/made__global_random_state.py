"""The degrees come from torch's global random state, not from the generator.

Caught by: masks_are_drawn_with_the_generator
"""


def make_masks(D, hidden, order, generator):
    degrees = [order + 1]
    for width in hidden:
        degrees.append(torch.randint(int(degrees[-1].min()), D, (width,)))
    masks = [(b[:, None] >= a).float() for a, b in zip(degrees[:-1], degrees[1:])]
    return masks + [(degrees[0][:, None] > degrees[-1]).float()]
