"""The sigmoid is one more layer at the end of the list."""


class ConditionalCoupling(nn.Module):
    def __init__(self, mask, net):
        super().__init__()
        self.mask, self.net = mask, net

    def forward(self, h, x):
        result = h.clone()
        r, t = self.net(torch.cat([h[..., self.mask], x], dim=-1)).chunk(2, dim=-1)
        a = torch.tanh(r / 2) * 2
        result[..., ~self.mask] = h[..., ~self.mask] * torch.exp(a) + t
        return result, a.sum(dim=-1)


def squash(h, x):
    return torch.sigmoid(h), -(F.softplus(h) + F.softplus(-h)).sum(dim=1)


def variational_bound(log_density, x, layers, eps):
    u, log_dets = eps, []
    for layer in [*layers, squash]:
        u, log_det = layer(u, x)
        log_dets.append(log_det)
    log_q = -0.5 * eps.pow(2).sum(1) - eps.shape[1] / 2 * math.log(2 * math.pi) - sum(log_dets)
    return log_density(x + u) - log_q
