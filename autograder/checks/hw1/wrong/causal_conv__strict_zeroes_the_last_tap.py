"""A strict layer hides the newest tap instead of shifting: one tap fewer, and the next one is a dilation away.

Caught by: strict_sees_the_past_only
"""


class CausalConv1d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, dilation=1, strict=False):
        super().__init__()
        self.strict, self.reach = strict, (kernel_size - 1) * dilation
        self.conv = nn.Conv1d(in_channels, out_channels, kernel_size, dilation=dilation)

    def forward(self, x):
        weight = self.conv.weight.clone()
        if self.strict:
            weight[:, :, -1] = 0
        return F.conv1d(F.pad(x, (self.reach, 0)), weight, self.conv.bias, dilation=self.conv.dilation)
