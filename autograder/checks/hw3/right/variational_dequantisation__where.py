"""The layer without in-place writing; log q as a running difference."""


class ConditionalCoupling(nn.Module):
    def __init__(self, mask, net):
        super().__init__()
        self.net = net
        self.kept = torch.nonzero(mask)[:, 0]
        self.changed = torch.nonzero(~mask)[:, 0]

    def forward(self, h, x):
        both = self.net(torch.cat((h[:, self.kept], x), 1))
        n = len(self.changed)
        a, t = 2 * torch.tanh(both[:, :n] / 2), both[:, n:]
        columns = dict(zip(self.kept.tolist(), h[:, self.kept].unbind(1)))
        columns |= dict(zip(self.changed.tolist(), (h[:, self.changed] * a.exp() + t).unbind(1)))
        return torch.stack([columns[i] for i in range(h.shape[1])], 1), a.sum(1)


def variational_bound(log_density, x, layers, eps):
    h, total = eps, 0
    for layer in layers:
        h, change = layer(h, x)
        total = total + change
    u = torch.sigmoid(h)
    base = torch.distributions.Normal(0.0, 1.0).log_prob(eps).sum(1)
    sigmoid_change = (F.logsigmoid(h) + F.logsigmoid(-h)).sum(1)
    return log_density(x + u) - base + total + sigmoid_change
