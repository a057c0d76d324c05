"""A strict layer drops the last input without the extra zero: one step too short.

Caught by: strict_sees_the_past_only
"""


class CausalConv1d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, dilation=1, strict=False):
        super().__init__()
        self.strict, self.reach = strict, (kernel_size - 1) * dilation
        self.conv = nn.Conv1d(in_channels, out_channels, kernel_size, dilation=dilation)

    def forward(self, x):
        x = x[:, :, :-1] if self.strict else x
        return self.conv(F.pad(x, (self.reach, 0)))
