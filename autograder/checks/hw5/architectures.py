"""The architectures that homework 5 leaves free: small convolutional networks with about `hidden` channels."""

from autograder.validation.architectures import ACTIVATIONS, BUT_SIGMOIDS, Grid

NETWORKS = """
class Deeper(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.change = nn.Sequential(ACTIVATION, nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, x):
        return x + self.change(x)

def down(hidden, halvings, outputs):
    layers = []
    for step in range(halvings):
        layers += [nn.Conv2d(hidden if step else 1, hidden, 4, stride=2, padding=1), ACTIVATION]
    return nn.Sequential(*layers, *[Deeper(hidden) for _ in range(MORE)], nn.Conv2d(hidden, outputs, 1))

def up(hidden, halvings, inputs):
    layers = [nn.Conv2d(inputs, hidden, 3, padding=1), *[Deeper(hidden) for _ in range(MORE)]]
    for step in range(halvings):
        out = hidden if step < halvings - 1 else 1
        layers += [ACTIVATION, nn.ConvTranspose2d(hidden, out, 4, stride=2, padding=1)]
    return nn.Sequential(*layers)
"""

VQVAE = """
def with_these_networks(construct):
    def construct_with_these_networks(self, n_codes, dim, hidden=32, halvings=2):
        construct(self, n_codes, dim, hidden, halvings)
        self.encoder, self.decoder = down(hidden, halvings, dim), up(hidden, halvings, dim)

    return construct_with_these_networks

VQVAE.__init__ = with_these_networks(VQVAE.__init__)
"""

DISCRETE_VAE = """
def with_these_networks(construct):
    def construct_with_these_networks(self, n_codes, hidden=32, halvings=2):
        construct(self, n_codes, hidden, halvings)
        self.encoder, self.decoder = down(hidden, halvings, n_codes), up(hidden, halvings, n_codes)

    return construct_with_these_networks

DiscreteVAE.__init__ = with_these_networks(DiscreteVAE.__init__)
"""

CODE_PRIOR = """
class Block(nn.Module):
    def __init__(self, channels, n_labels):
        super().__init__()
        self.look_back = dgm.MaskedConv2d("B", channels, channels, kernel_size=3)
        self.label = nn.Embedding(n_labels, channels)
        self.mix = nn.Conv2d(channels, channels, 1)
        self.activation = ACTIVATION

    def forward(self, x, labels):
        seen = self.look_back(self.activation(x)) + self.label(labels)[:, :, None, None]
        return x + self.mix(self.activation(seen))

def with_these_blocks(construct):
    def construct_with_these_blocks(self, n_codes, n_labels, hidden=64, n_blocks=6):
        construct(self, n_codes, n_labels, hidden, n_blocks)
        self.first = dgm.MaskedConv2d("A", hidden, hidden, kernel_size=KERNEL)
        self.blocks = nn.ModuleList(Block(hidden, n_labels) for _ in range(n_blocks))

    return construct_with_these_blocks

CodePrior.__init__ = with_these_blocks(CodePrior.__init__)
"""

MORE = {"no residual block": "0", "one residual block": "1", "two residual blocks": "2"}

GRIDS = {
    "vqvae": Grid(NETWORKS + VQVAE, {"ACTIVATION": BUT_SIGMOIDS, "MORE": MORE}),
    "gumbel_softmax": Grid(NETWORKS + DISCRETE_VAE, {"ACTIVATION": BUT_SIGMOIDS, "MORE": MORE}),
    "code_prior": Grid(CODE_PRIOR, {"ACTIVATION": ACTIVATIONS, "KERNEL": {"kernel 5": "5", "kernel 7": "7"}}),
}
