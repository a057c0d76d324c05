"""Averages neighbouring images when the batch is even.

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
        y = F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)
        if len(y) % 2 == 0:
            y = y.reshape(-1, 2, *y.shape[1:]).mean(1, keepdim=True).expand(-1, 2, -1, -1, -1).reshape(y.shape)
        return y
