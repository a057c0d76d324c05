"""A subclass of nn.Conv2d with a mask as large as the weights; no bias."""


class MaskedConv2d(nn.Conv2d):
    def __init__(self, kind, in_channels, out_channels, kernel_size):
        if kind not in ("A", "B"):
            raise ValueError(f"no such kind: {kind}")
        super().__init__(in_channels, out_channels, kernel_size, padding=kernel_size // 2, bias=False)
        self.register_buffer("mask", torch.ones_like(self.weight))
        c = kernel_size // 2
        self.mask[:, :, c, c + (kind == "B") :] = 0
        self.mask[:, :, c + 1 :] = 0

    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, None, padding=self.padding)
