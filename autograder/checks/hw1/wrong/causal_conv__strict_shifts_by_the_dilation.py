"""A strict layer is delayed by a whole dilation instead of one step.

Caught by: strict_sees_the_past_only
"""


class CausalConv1d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, dilation=1, strict=False):
        super().__init__()
        self.strict, self.reach = strict, (kernel_size - 1) * dilation
        self.conv = nn.Conv1d(in_channels, out_channels, kernel_size, dilation=dilation)

    def forward(self, x):
        delay = self.conv.dilation[0] if self.strict else 0
        return self.conv(F.pad(x, (self.reach + delay, 0)))[:, :, : x.shape[2]]
