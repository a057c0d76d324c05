"""The whole vector is scaled and shifted; where the mask is True by 1 and 0."""


class AffineCoupling(nn.Module):
    def __init__(self, mask, net):
        super().__init__()
        self.net = net
        self.register_buffer("mask", mask.clone())

    def _full(self, x):
        r, t = self.net(x[:, self.mask]).chunk(2, dim=-1)
        a = torch.zeros_like(x).masked_scatter((~self.mask).expand_as(x), 2 * torch.tanh(0.5 * r))
        shift = torch.zeros_like(x).masked_scatter((~self.mask).expand_as(x), t)
        return a, shift

    def forward(self, x):
        a, shift = self._full(x)
        return x * a.exp() + shift, a.sum(1)

    def inverse(self, z):
        a, shift = self._full(z)
        return (z - shift) / a.exp(), -a.sum(1)
