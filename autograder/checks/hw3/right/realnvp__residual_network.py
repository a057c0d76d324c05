"""Couplings with a residual network of their own."""


def checkerboard_masks(height, width, n_layers):
    masks = torch.zeros(n_layers, height, width, dtype=torch.bool)
    for k in range(n_layers):
        for i in range(height):
            for j in range(width):
                masks[k, i, j] = (i + j + k) % 2 == 0
    return masks.view(n_layers, height * width)


class Residual(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.inp, self.mid, self.out = nn.Linear(inputs, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, outputs)
        for parameter in self.out.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x):
        h = self.inp(x)
        h = h + self.mid(torch.tanh(h))
        return self.out(torch.tanh(h))


class RealNVP(Flow):
    def __init__(self, masks, hidden):
        super().__init__([AffineCoupling(m, Residual(m.sum().item(), hidden, 2 * (~m).sum().item())) for m in masks])

    @torch.no_grad()
    def sample(self, z):
        return self.inverse(z)[0]
