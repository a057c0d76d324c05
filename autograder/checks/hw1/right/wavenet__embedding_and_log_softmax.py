"""An embedding shifted by one step instead of one-hot symbols, separate convolutions for filter and gate, normalised logits."""


class WaveNetBlock(nn.Module):
    def __init__(self, residual_channels, skip_channels, kernel_size, dilation):
        super().__init__()
        self.filter = CausalConv1d(residual_channels, residual_channels, kernel_size, dilation)
        self.gate = CausalConv1d(residual_channels, residual_channels, kernel_size, dilation)
        self.residual = nn.Conv1d(residual_channels, residual_channels, 1)
        self.skip = nn.Conv1d(residual_channels, skip_channels, 1)

    def forward(self, h):
        z = gated_activation(self.filter(h), self.gate(h))
        return h + self.residual(z), self.skip(z)


class WaveNet(nn.Module):
    def __init__(self, n_classes, residual_channels, skip_channels, kernel_size, dilations):
        super().__init__()
        self.K = n_classes
        self.first = nn.Embedding(n_classes, residual_channels)
        self.blocks = nn.ModuleList([WaveNetBlock(residual_channels, skip_channels, kernel_size, d) for d in dilations])
        self.mix = nn.Conv1d(skip_channels, skip_channels, 1)
        self.out = nn.Conv1d(skip_channels, n_classes, 1)

    def forward(self, x):
        e = self.first(x).permute(0, 2, 1)
        h = torch.cat([torch.zeros_like(e[:, :, :1]), e[:, :, :-1]], dim=2)
        total = 0
        for block in self.blocks:
            h, skip = block(h)
            total = total + skip
        return F.log_softmax(self.out(F.relu(self.mix(F.relu(total)))), dim=1)
