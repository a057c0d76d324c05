"""Conv1d's own padding at both ends, then the surplus outputs are cut off on the right; the field by a loop."""


class CausalConv1d(nn.Conv1d):
    def __init__(self, in_channels, out_channels, kernel_size, dilation=1, strict=False):
        super().__init__(
            in_channels, out_channels, kernel_size, padding=(kernel_size - 1) * dilation + strict, dilation=dilation
        )

    def forward(self, x):
        return super().forward(x)[..., : x.shape[-1]]


def receptive_field(kernel_size, dilations):
    width = 1
    for dilation in dilations:
        width += dilation * (kernel_size - 1)
    return torch.tensor(width)
