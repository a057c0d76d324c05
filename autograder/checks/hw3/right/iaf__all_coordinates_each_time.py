"""D rounds of everything at once."""


class IAF(nn.Module):
    def __init__(self, net, order):
        super().__init__()
        self.net, self.rounds = net, len(order)

    def inverse(self, z):
        m, l = self.net(z).unbind(-1)
        return z * l.exp() + m, l.sum(-1)

    def forward(self, x):
        z = torch.zeros_like(x)
        for _ in range(self.rounds):
            m, l = self.net(z).unbind(-1)
            z = (x - m) / l.exp()
        return z, -l.sum(-1)
