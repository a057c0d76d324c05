"""Gated PixelCNN (van den Oord et al. 2016b): a vertical and a horizontal stack without masks and without a blind spot."""


def gate(h):
    a, b = h.chunk(2, dim=1)
    return torch.tanh(a) * torch.sigmoid(b)


class GatedLayer(nn.Module):
    def __init__(self, channels, n_filters, kernel_size, first):
        super().__init__()
        self.p, self.first = kernel_size // 2, first
        self.vertical = nn.Conv2d(channels, 2 * n_filters, (self.p + 1, kernel_size))
        self.down = nn.Conv2d(2 * n_filters, 2 * n_filters, 1)
        self.horizontal = nn.Conv2d(channels, 2 * n_filters, (1, self.p + (not first)))

    def forward(self, v, h):
        W = h.shape[3]
        v = self.vertical(F.pad(v, (self.p, self.p, self.p, 0)))
        above = F.pad(v, (0, 0, 1, -1))  # the vertical stack, one row up
        row = self.horizontal(F.pad(h, (self.p, 0, 0, 0)))[:, :, :, :W]
        new = gate(row + self.down(above))
        return gate(v), new if self.first else h + new


class PixelCNN(nn.Module):
    def __init__(self, n_filters=16, n_layers=5, kernel_size=5):
        super().__init__()
        self.layers = nn.ModuleList(
            [GatedLayer(1 if i == 0 else n_filters, n_filters, kernel_size, i == 0) for i in range(n_layers - 1)]
        )
        self.out = nn.Conv2d(n_filters, 1, 1)

    def logits(self, x):
        v = h = 2 * x - 1
        for layer in self.layers:
            v, h = layer(v, h)
        return self.out(F.relu(h))

    def loss(self, x):
        return -torch.distributions.Bernoulli(logits=self.logits(x)).log_prob(x).mean()

    @torch.no_grad()
    def sample(self, n, u):
        x = torch.zeros(u.shape)
        for i in range(u.shape[2]):
            for j in range(u.shape[3]):
                x[..., i, j] = torch.ceil(torch.sigmoid(self.logits(x)[..., i, j]) - u[..., i, j]).clamp(0, 1)
        return x
