"""The architectures that homework 3 leaves free: a small network with `hidden` units in every hidden layer."""

from autograder.validation.architectures import BUT_SIGMOIDS, Grid

REALNVP = """
def fully_connected(mask, hidden):
    layers, width = [], int(mask.sum())
    for _ in range(DEPTH):
        layers += [nn.Linear(width, hidden), ACTIVATION]
        width = hidden
    last = nn.Linear(width, 2 * int((~mask).sum()))
    nn.init.zeros_(last.weight), nn.init.zeros_(last.bias)
    return nn.Sequential(*layers, last)

def construct_with_these_networks(self, masks, hidden):
    Flow.__init__(self, [AffineCoupling(mask, fully_connected(mask, hidden)) for mask in masks])

RealNVP.__init__ = construct_with_these_networks
"""

GRIDS = {
    "realnvp": Grid(
        REALNVP,
        {
            "ACTIVATION": BUT_SIGMOIDS,
            "DEPTH": {"one hidden layer": "1", "two hidden layers": "2", "three hidden layers": "3"},
        },
    ),
}
