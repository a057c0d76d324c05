"""The way back writes into a fresh copy each time, and takes the log-determinant from the last call."""


class MAF(nn.Module):
    def __init__(self, net, order):
        super().__init__()
        self.net = net
        self.order = torch.as_tensor(order).tolist()

    def forward(self, x):
        m, l = torch.unbind(self.net(x), dim=2)
        return torch.exp(-l) * (x - m), torch.neg(l).sum(dim=1)

    def inverse(self, z):
        x = z.clone()
        for k, i in enumerate(self.order):
            m, l = torch.unbind(self.net(x), dim=2)
            fresh = m + torch.exp(l) * z
            x = torch.stack([fresh[:, j] if j == i else x[:, j] for j in range(z.shape[1])], dim=1)
        return x, l.sum(dim=1)
