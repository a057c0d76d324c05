"""The activation in float64 by the identity sigmoid(g) = (1 + tanh(g / 2)) / 2.

The sum of the skip outputs is also scaled before it enters the head.
"""


def gated_activation(filter, gate):
    return (torch.tanh(filter.double()) * (1 + torch.tanh(gate.double() / 2)) / 2).to(filter.dtype)


class WaveNet(nn.Module):
    def __init__(self, n_classes, residual_channels, skip_channels, kernel_size, dilations):
        super().__init__()
        self.K = n_classes
        self.first = CausalConv1d(n_classes, residual_channels, 1, strict=True)
        self.blocks = nn.ModuleList([WaveNetBlock(residual_channels, skip_channels, kernel_size, d) for d in dilations])
        self.mix = nn.Conv1d(skip_channels, skip_channels, 1)
        self.out = nn.Conv1d(skip_channels, n_classes, 1)

    def forward(self, x):
        h = self.first(F.one_hot(x, self.K).transpose(1, 2).float())
        total = 0
        for block in self.blocks:
            h, skip = block(h)
            total = total + skip
        return self.out(F.relu(self.mix(F.relu(total / len(self.blocks) ** 0.5))))
