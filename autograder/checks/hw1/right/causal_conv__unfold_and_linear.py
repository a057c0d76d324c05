"""Windows cut out with unfold, then one linear layer over taps and channels; the field by following the oldest tap."""


class CausalConv1d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, dilation=1, strict=False):
        super().__init__()
        self.strict, self.dilation, self.reach = strict, dilation, (kernel_size - 1) * dilation
        self.linear = nn.Linear(kernel_size * in_channels, out_channels)

    def forward(self, x):
        B, C, T = x.shape
        padded = torch.cat([x.new_zeros(B, C, self.reach + self.strict), x], dim=2)[:, :, : T + self.reach]
        windows = padded.unfold(2, self.reach + 1, 1)[..., :: self.dilation]  # (B, C, T, k)
        return self.linear(windows.transpose(1, 2).reshape(B, T, -1)).transpose(1, 2)


def receptive_field(kernel_size, dilations):
    oldest = 0
    for dilation in reversed(dilations):
        oldest -= (kernel_size - 1) * dilation
    return 0 - oldest + 1
