"""The architectures that homework 2 leaves free: small networks with `hidden` units in every hidden layer."""

from autograder.validation.architectures import ACTIVATIONS, Grid

VAE = """
def fully_connected(inputs, hidden, outputs):
    layers, width = [], inputs
    for _ in range(DEPTH):
        layers += [nn.Linear(width, hidden), ACTIVATION]
        width = hidden
    network = nn.Sequential(*layers, nn.Linear(width, outputs))
    for layer in network:
        if isinstance(layer, nn.Linear):
            START
    return network

def with_these_networks(construct):
    def construct_with_these_networks(self, d_x, d_z, hidden, likelihood="gaussian"):
        construct(self, d_x, d_z, hidden, likelihood)
        self.encoder = fully_connected(d_x, hidden, 2 * d_z)
        self.decoder = fully_connected(d_z, hidden, d_x)

    return construct_with_these_networks

VAE.__init__ = with_these_networks(VAE.__init__)
"""

GRIDS = {
    "vae": Grid(
        VAE,
        {
            "ACTIVATION": ACTIVATIONS,
            "DEPTH": {"one hidden layer": "1", "two hidden layers": "2", "three hidden layers": "3"},
            "START": {
                "torch's start": "pass",
                "Xavier's start": "nn.init.xavier_uniform_(layer.weight), nn.init.zeros_(layer.bias)",
            },
        },
    ),
}
