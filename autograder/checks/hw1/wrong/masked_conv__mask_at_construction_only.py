"""The weights are masked once, when the layer is made; training fills the holes.

Caught by: learns_any_masked_filter
"""


class MaskedConv2d(nn.Conv2d):
    def __init__(self, kind, in_channels, out_channels, kernel_size):
        super().__init__(in_channels, out_channels, kernel_size, padding=kernel_size // 2)
        c = kernel_size // 2
        mask = torch.ones_like(self.weight)
        mask[:, :, c, c + (kind == "B") :] = 0
        mask[:, :, c + 1 :] = 0
        self.weight.data *= mask
        self.register_buffer("mask", mask)

    def forward(self, x):
        return super().forward(x)
