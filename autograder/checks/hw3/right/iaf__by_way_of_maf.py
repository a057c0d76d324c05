"""With (m, l) turned into (-m exp(-l), -l) the two directions of a MAF are the other two of an IAF."""


class IAF(nn.Module):
    def __init__(self, net, order):
        super().__init__()
        self.net = net
        self.order = torch.as_tensor(order)

    def turned(self, v):
        m, l = self.net(v).unbind(-1)
        return -m * torch.exp(-l), -l

    def inverse(self, z):
        m, l = self.turned(z)
        return (z - m) * torch.exp(-l), -l.sum(1)

    def forward(self, x):
        z = [torch.zeros_like(x[:, 0]) for _ in range(x.shape[1])]
        log_det = 0
        for i in self.order.tolist():
            m, l = self.turned(torch.stack(z, 1))
            z[i] = m[:, i] + torch.exp(l[:, i]) * x[:, i]
            log_det = log_det + l[:, i]
        return torch.stack(z, 1), log_det
