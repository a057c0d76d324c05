"""Residual connections, input left at 0 and 1, the loss written with log-sigmoids."""


class PixelCNN(nn.Module):
    def __init__(self, n_filters=16, n_layers=5, kernel_size=5):
        super().__init__()
        self.first = MaskedConv2d("A", 1, n_filters, kernel_size)
        self.middle = nn.ModuleList([MaskedConv2d("B", n_filters, n_filters, kernel_size) for _ in range(n_layers - 2)])
        self.last = MaskedConv2d("B", n_filters, 1, 1)

    def logits(self, x):
        h = self.first(x)
        for layer in self.middle:
            h = h + layer(F.relu(h))
        return self.last(F.relu(h))

    def loss(self, x):
        logits = self.logits(x)
        log_likelihood = torch.where(x > 0.5, F.logsigmoid(logits), F.logsigmoid(-logits))  # (B, 1, H, W)
        return -log_likelihood.sum(dim=(1, 2, 3)).mean() / (x.shape[2] * x.shape[3])

    @torch.no_grad()
    def sample(self, n, u):
        x = 0.5 * torch.ones(n, 1, *u.shape[2:])  # what is not drawn yet must not matter
        for k in range(u[0].numel()):
            i, j = divmod(k, u.shape[3])
            logit = self.logits(x)[:, 0, i, j]
            x[:, 0, i, j] = (torch.logit(u[:, 0, i, j]) < logit).to(x.dtype)
        return x
