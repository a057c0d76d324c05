"""The masked weights are cut off from the parameters: the layer does not learn.

Caught by: learns_any_masked_filter
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
        return F.conv2d(x, (self.weight * self.mask).detach(), self.bias, padding=self.padding)
