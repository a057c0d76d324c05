"""order is read as the list of variables in their order, not as the position of each variable.

Caught by: masks_respect_the_order
"""

in_order = make_masks


def make_masks(D, hidden, order, generator):
    return in_order(D, hidden, torch.argsort(order), generator)
