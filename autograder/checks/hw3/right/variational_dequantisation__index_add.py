"""Scales and shifts are spread over all coordinates by index_add."""


class ConditionalCoupling(nn.Module):
    def __init__(self, mask, net):
        super().__init__()
        self.register_buffer("mask", mask)
        self.net = net

    def forward(self, h, x):
        output = self.net(torch.hstack([h[:, self.mask], x]))
        raw, t = output.tensor_split(2, dim=1)
        where = (~self.mask).nonzero().squeeze(1)
        a = torch.zeros_like(h).index_add(1, where, 4 * torch.sigmoid(raw) - 2)
        return h * torch.exp(a) + torch.zeros_like(h).index_add(1, where, t), a.sum(1)


def variational_bound(log_density, x, layers, eps):
    h = eps
    log_q = (-0.5 * eps**2 - 0.5 * math.log(2 * math.pi)).sum(-1)
    for step in layers:
        h, log_det = step(h, x)
        log_q = log_q - log_det
    log_q = log_q + h.sum(-1) + 2 * F.softplus(-h).sum(-1)
    return log_density(x + h.sigmoid()) - log_q
