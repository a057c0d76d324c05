"""All layers after the first have kernel size 1: the model sees one window only.

Caught by: logits_see_what_came_before
"""


class PixelCNN(nn.Module):
    def __init__(self, n_filters=16, n_layers=5, kernel_size=5):
        super().__init__()
        layers = [MaskedConv2d("A", 1, n_filters, kernel_size), nn.ReLU()]
        for _ in range(n_layers - 2):
            layers += [MaskedConv2d("B", n_filters, n_filters, 1), nn.ReLU()]
        self.net = nn.Sequential(*layers, MaskedConv2d("B", n_filters, 1, 1))

    def logits(self, x):
        return self.net(2 * x - 1)

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
