"""Pads with copies of the first input instead of zeros.

Caught by: sees_the_past_and_the_present
"""


class CausalConv1d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, dilation=1, strict=False):
        super().__init__()
        self.strict, self.reach = strict, (kernel_size - 1) * dilation
        self.conv = nn.Conv1d(in_channels, out_channels, kernel_size, dilation=dilation)

    def forward(self, x):
        x = F.pad(x, (self.reach + self.strict, 0), mode="replicate")
        return self.conv(x[:, :, : x.shape[2] - self.strict])
