"""The architectures that homework 2 leaves free: the nonlinearity of one hidden layer, and where its weights start."""

from autograder.validation.architectures import BUT_SIGMOIDS, Grid

VAE = """
def fully_connected(inputs, hidden, outputs):
    network = nn.Sequential(nn.Linear(inputs, hidden), ACTIVATION, nn.Linear(hidden, outputs))
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
            "ACTIVATION": BUT_SIGMOIDS,
            "START": {
                "torch's start": "pass",
                "Xavier's start": "nn.init.xavier_uniform_(layer.weight), nn.init.zeros_(layer.bias)",
            },
        },
    ),
}
