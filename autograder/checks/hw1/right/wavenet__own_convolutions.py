"""Without CausalConv1d: matrices per tap and slices of a padded sequence; the skip outputs are stacked and summed."""


class Taps(nn.Module):
    """One linear layer for all taps of a dilated causal window; sequences are (B, T, C) inside."""

    def __init__(self, c, o, k, d):
        super().__init__()
        self.k, self.d, self.linear = k, d, nn.Linear(k * c, o)

    def forward(self, x):
        T, past = x.shape[1], (self.k - 1) * self.d
        x = torch.cat([x.new_zeros(x.shape[0], past, x.shape[2]), x], dim=1)
        return self.linear(torch.cat([x[:, j * self.d : j * self.d + T] for j in range(self.k)], dim=2))


class WaveNetBlock(nn.Module):
    def __init__(self, residual_channels, skip_channels, kernel_size, dilation):
        super().__init__()
        self.conv = Taps(residual_channels, 2 * residual_channels, kernel_size, dilation)
        self.out = nn.Linear(residual_channels, residual_channels + skip_channels, bias=False)
        self.C = residual_channels

    def forward(self, h):
        f, g = self.conv(h.transpose(1, 2)).split(self.C, dim=2)
        out = self.out(gated_activation(f, g)).transpose(1, 2)
        return out[:, : self.C] + h, out[:, self.C :]


class WaveNet(nn.Module):
    def __init__(self, n_classes, residual_channels, skip_channels, kernel_size, dilations):
        super().__init__()
        self.K = n_classes
        self.first = CausalConv1d(n_classes, residual_channels, 1, strict=True)
        self.blocks = nn.ModuleList([WaveNetBlock(residual_channels, skip_channels, kernel_size, d) for d in dilations])
        self.mix = nn.Conv1d(skip_channels, skip_channels, 1)
        self.out = nn.Conv1d(skip_channels, n_classes, 1)

    def forward(self, x):
        x = F.one_hot(x, self.K).permute(0, 2, 1).to(self.out.weight.dtype)
        h, skips = self.first(x), []
        for block in self.blocks:
            h, s = block(h)
            skips.append(s)
        return self.out(torch.relu(self.mix(torch.relu(torch.stack(skips).sum(0)))))
