"""D rounds of everything at once: after round k the first k coordinates of the order are right."""


class MAF(nn.Module):
    def __init__(self, net, order):
        super().__init__()
        self.net = net
        self.D = len(order)

    def forward(self, x):
        mean, log_std = self.net(x).chunk(2, dim=-1)
        mean, log_std = mean.squeeze(-1), log_std.squeeze(-1)
        return (x - mean) / log_std.exp(), -log_std.sum(-1)

    def inverse(self, z):
        x = torch.zeros_like(z)
        for _ in range(self.D):
            out = self.net(x)
            x = out[:, :, 0] + out[:, :, 1].exp() * z
        return x, out[:, :, 1].sum(1)
