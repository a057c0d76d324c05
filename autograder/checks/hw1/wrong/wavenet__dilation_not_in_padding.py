"""Pads by kernel_size - 1 whatever the dilation: the sequence gets shorter.

Caught by: block_adds_to_its_input
"""


class WaveNetBlock(nn.Module):
    def __init__(self, residual_channels, skip_channels, kernel_size, dilation):
        super().__init__()
        self.conv = nn.Conv1d(residual_channels, 2 * residual_channels, kernel_size, dilation=dilation)
        self.past = kernel_size - 1
        self.residual = nn.Conv1d(residual_channels, residual_channels, 1)
        self.skip = nn.Conv1d(residual_channels, skip_channels, 1)

    def forward(self, h):
        f, g = self.conv(F.pad(h, (self.past, 0))).chunk(2, 1)
        z = gated_activation(f, g)
        return h[:, :, -z.shape[2] :] + self.residual(z), self.skip(z)
