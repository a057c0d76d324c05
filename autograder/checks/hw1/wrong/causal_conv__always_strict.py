"""Shifts by one step whether strict or not.

Caught by: sees_the_past_and_the_present
"""


class CausalConv1d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, dilation=1, strict=False):
        super().__init__()
        self.strict, self.reach = strict, (kernel_size - 1) * dilation
        self.conv = nn.Conv1d(in_channels, out_channels, kernel_size, dilation=dilation)

    def forward(self, x):
        return self.conv(F.pad(x, (self.reach + 1, -1)))
