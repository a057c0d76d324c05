"""Computes in float64, with masked weights passed to F.conv2d directly and without MaskedConv2d; n is not used."""


class PixelCNN(nn.Module):
    def __init__(self, n_filters=16, n_layers=5, kernel_size=5):
        super().__init__()
        sizes = [kernel_size] * (n_layers - 1) + [1]
        channels = [1] + [n_filters] * (n_layers - 1) + [1]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for c, o, k in zip(channels[:-1], channels[1:], sizes):
            self.weights.append(torch.randn(o, c, k, k, dtype=torch.float64) * (2 / (c * k * k)) ** 0.5)
            self.biases.append(torch.zeros(o, dtype=torch.float64))

    def logits(self, x):
        h = 2 * x.double() - 1
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            k = weight.shape[-1]
            seen = torch.arange(k * k).reshape(k, k) < k * k // 2 + (i > 0)
            h = F.conv2d(h if i == 0 else F.leaky_relu(h, 0.01), weight * seen, bias, padding=k // 2)
        return h

    def loss(self, x):
        logits = self.logits(x)
        return (F.softplus(logits) - x * logits).mean()

    @torch.no_grad()
    def sample(self, n, u):
        image = torch.zeros(u.shape, dtype=torch.float64)
        for i in range(u.shape[2]):
            for j in range(u.shape[3]):
                image[:, 0, i, j] = 1.0 * (u[:, 0, i, j] < 1 / (1 + torch.exp(-self.logits(image)[:, 0, i, j])))
        return image
