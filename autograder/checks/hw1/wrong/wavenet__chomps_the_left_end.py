"""Pads both ends fully and cuts off the left end: a block sees the future.

Caught by: block_adds_to_its_input
"""


class WaveNetBlock(nn.Module):
    def __init__(self, residual_channels, skip_channels, kernel_size, dilation):
        super().__init__()
        self.past = (kernel_size - 1) * dilation
        self.conv = nn.Conv1d(
            residual_channels, 2 * residual_channels, kernel_size, dilation=dilation, padding=self.past
        )
        self.residual = nn.Conv1d(residual_channels, residual_channels, 1)
        self.skip = nn.Conv1d(residual_channels, skip_channels, 1)

    def forward(self, h):
        f, g = self.conv(h)[:, :, self.past :].chunk(2, 1)
        z = gated_activation(f, g)
        return h + self.residual(z), self.skip(z)
