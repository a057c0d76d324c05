"""The layers are in a plain list, so that no optimiser finds the first one.

Caught by: learns_digits
"""


class PixelCNN(nn.Module):
    def __init__(self, n_filters=16, n_layers=5, kernel_size=5):
        super().__init__()
        layers = [MaskedConv2d("A", 1, n_filters, kernel_size), nn.ReLU()]
        for _ in range(n_layers - 2):
            layers += [MaskedConv2d("B", n_filters, n_filters, kernel_size), nn.ReLU()]
        self.hidden = layers
        self.last = MaskedConv2d("B", n_filters, 1, 1)

    def logits(self, x):
        h = 2 * x - 1
        for layer in self.hidden:
            h = layer(h)
        return self.last(h)

    def loss(self, x):
        return F.binary_cross_entropy_with_logits(self.logits(x), x)

    @torch.no_grad()
    def sample(self, n, u):
        x = torch.zeros_like(u)
        for i in range(u.shape[2]):
            for j in range(u.shape[3]):
                p = torch.sigmoid(self.logits(x)[:, :, i, j])
                x[:, :, i, j] = (u[:, :, i, j] < p).float()
        return x
