"""Convolutions on padded and shifted images instead of masks; the loss image by image, from probabilities."""


class Causal(nn.Module):
    """The rows above to their full width, and the pixels to the left (and the centre when `own`)."""

    def __init__(self, c, o, k, own):
        super().__init__()
        self.p, self.own = k // 2, own
        self.above = nn.Conv2d(c, o, (self.p, k)) if self.p else None
        self.row = nn.Conv2d(c, o, (1, self.p + own))

    def forward(self, x):
        p, W = self.p, x.shape[3]
        row = self.row(F.pad(x, (p + (not self.own), 0, 0, 0))[:, :, :, (not self.own) * 1 :])[:, :, :, :W]
        return row if self.above is None else row + self.above(F.pad(x, (p, p, p, 0))[:, :, :-1])


class PixelCNN(nn.Module):
    def __init__(self, n_filters=16, n_layers=5, kernel_size=5):
        super().__init__()
        self.layers = nn.ModuleList([Causal(1, n_filters, kernel_size, False)])
        self.layers.extend(Causal(n_filters, n_filters, kernel_size, True) for _ in range(n_layers - 2))
        self.out = nn.Conv2d(n_filters, 1, 1)

    def logits(self, x):
        h = x - 0.5
        for layer in self.layers:
            h = F.elu(layer(h))
        return self.out(h)

    def loss(self, x):
        return torch.stack([F.binary_cross_entropy(torch.sigmoid(y), t) for y, t in zip(self.logits(x), x)]).mean()

    @torch.no_grad()
    def sample(self, n, u):
        x = torch.zeros_like(u)
        for i in range(u.shape[2]):
            for j in range(u.shape[3]):
                p = torch.sigmoid(self.logits(x)[:, :, i, j])
                x[:, :, i, j] = (u[:, :, i, j] < p).float()
        return x
