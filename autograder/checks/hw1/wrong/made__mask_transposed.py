"""Masks of shape (inputs, outputs).

Caught by: masks_respect_the_order
"""

right_way_up = make_masks


def make_masks(D, hidden, order, generator):
    return [mask.T for mask in right_way_up(D, hidden, order, generator)]
