"""The natural order, whatever `order` says.

Caught by: masks_respect_the_order
"""

in_order = make_masks


def make_masks(D, hidden, order, generator):
    return in_order(D, hidden, torch.arange(D), generator)
