"""The output layer connects with >=, so that a variable sees itself.

Caught by: masks_respect_the_order
"""


def make_masks(D, hidden, order, generator):
    degrees = [order + 1]
    for width in hidden:
        degrees.append(torch.randint(int(degrees[-1].min()), D, (width,), generator=generator))
    masks = [(b[:, None] >= a).float() for a, b in zip(degrees[:-1], degrees[1:])]
    return masks + [(degrees[0][:, None] >= degrees[-1]).float()]
