"""Filter and gate are the same convolution.

Caught by: block_is_gated
"""


class WaveNetBlock(nn.Module):
    def __init__(self, residual_channels, skip_channels, kernel_size, dilation):
        super().__init__()
        self.filter = CausalConv1d(residual_channels, residual_channels, kernel_size, dilation)
        self.gate = CausalConv1d(residual_channels, residual_channels, kernel_size, dilation)
        self.residual = nn.Conv1d(residual_channels, residual_channels, 1)
        self.skip = nn.Conv1d(residual_channels, skip_channels, 1)

    def forward(self, h):
        z = gated_activation(self.filter(h), self.filter(h))
        return h + self.residual(z), self.skip(z)
