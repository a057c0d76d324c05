"""Kept coordinates to the front, a coupling of two blocks, and back; tanh by way of the sigmoid."""


class AffineCoupling(nn.Module):
    def __init__(self, mask, net):
        super().__init__()
        self.net, self.d = net, int(mask.sum())
        self.order = torch.argsort((~mask).long(), stable=True)
        self.places = torch.argsort(self.order)

    def split(self, x):
        x = x[:, self.order]
        kept, changed = x[:, : self.d], x[:, self.d :]
        r, t = torch.split(self.net(kept), changed.shape[1], dim=1)
        return kept, changed, 4 * torch.sigmoid(r) - 2, t

    def forward(self, x):
        kept, changed, a, t = self.split(x)
        return torch.cat([kept, torch.exp(a) * changed + t], 1)[:, self.places], a.sum(1)

    def inverse(self, z):
        kept, changed, a, t = self.split(z)
        return torch.cat([kept, torch.exp(-a) * (changed - t)], 1)[:, self.places], a.sum(1).neg()
