"""Coordinates are filled in by adding unit vectors; the log-determinant by the normal's log-density."""


class MAF(nn.Module):
    def __init__(self, net, order):
        super().__init__()
        self.net, self.order = net, order

    def forward(self, x):
        parts = self.net(x)
        law = torch.distributions.Normal(parts[..., 0], parts[..., 1].exp())
        z = (x - law.mean) / law.stddev
        base = torch.distributions.Normal(0.0, 1.0)
        return z, (law.log_prob(x) - base.log_prob(z)).sum(1)

    def inverse(self, z):
        x, log_det = torch.zeros_like(z), z.new_zeros(z.shape[0])
        unit = torch.eye(z.shape[1], dtype=z.dtype)
        for i in self.order:
            parts = self.net(x)[:, i]
            x = x + (parts[:, :1] + parts[:, 1:].exp() * z[:, i, None]) * unit[i]
            log_det = log_det + parts[:, 1]
        return x, log_det
