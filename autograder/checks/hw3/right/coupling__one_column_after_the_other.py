"""Loops over the coordinates."""


class AffineCoupling(nn.Module):
    def __init__(self, mask, net):
        super().__init__()
        self.net = net
        self.kept = [i for i, keep in enumerate(mask.tolist()) if keep]
        self.changed = [i for i, keep in enumerate(mask.tolist()) if not keep]

    def _run(self, v, back):
        output = self.net(torch.stack([v[:, i] for i in self.kept], 1))
        n = len(self.changed)
        columns, log_det = list(v.unbind(1)), 0
        for j, i in enumerate(self.changed):
            a, t = 2 * torch.tanh(output[:, j] / 2), output[:, n + j]
            columns[i] = (columns[i] - t) * torch.exp(-a) if back else columns[i] * torch.exp(a) + t
            log_det = log_det - a if back else log_det + a
        return torch.stack(columns, 1), log_det

    def forward(self, x):
        return self._run(x, False)

    def inverse(self, z):
        return self._run(z, True)
