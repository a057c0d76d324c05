"""The weight straight above the centre is a constant and is not learned.

Caught by: learns_any_masked_filter
"""


class MaskedConv2d(nn.Conv2d):
    def __init__(self, kind, in_channels, out_channels, kernel_size):
        super().__init__(in_channels, out_channels, kernel_size, padding=kernel_size // 2)
        c = kernel_size // 2
        mask = torch.ones_like(self.weight)
        mask[:, :, c, c + (kind == "B") :] = 0
        mask[:, :, c + 1 :] = 0
        self.frozen = torch.zeros_like(mask)
        self.frozen[:, :, c - 1, c] = kernel_size > 1
        self.register_buffer("mask", mask)

    def forward(self, x):
        weight = self.weight * self.mask
        weight = torch.where(self.frozen == 1, weight.detach(), weight)
        return F.conv2d(x, weight, self.bias, padding=self.padding)
