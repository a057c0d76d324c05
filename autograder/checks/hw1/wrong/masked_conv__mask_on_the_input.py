"""The mask hides the later half of the input image instead of the weights.

Caught by: kind_a
"""


class MaskedConv2d(nn.Conv2d):
    def __init__(self, kind, in_channels, out_channels, kernel_size):
        super().__init__(in_channels, out_channels, kernel_size, padding=kernel_size // 2)
        c = kernel_size // 2
        mask = torch.ones_like(self.weight)
        mask[:, :, c, c + (kind == "B") :] = 0
        mask[:, :, c + 1 :] = 0
        self.register_buffer("mask", mask)

    def forward(self, x):
        H, W = x.shape[2:]
        seen = torch.ones(H, W)
        seen[H // 2, W // 2 :] = 0
        seen[H // 2 + 1 :] = 0
        return super().forward(x * seen)
