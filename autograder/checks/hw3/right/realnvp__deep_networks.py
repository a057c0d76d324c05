"""Three hidden layers with SiLU, made by a loop; masks from indices."""


def checkerboard_masks(height, width, n_layers):
    index = torch.arange(height * width)
    parity = (index // width + index % width) % 2
    return torch.stack([(parity + k) % 2 == 0 for k in range(n_layers)])


class RealNVP(Flow):
    def __init__(self, masks, hidden):
        couplings = []
        for mask in masks:
            sizes = [int(mask.sum())] + [hidden] * 3
            parts = []
            for a, b in zip(sizes[:-1], sizes[1:]):
                parts += [nn.Linear(a, b), nn.SiLU()]
            final = nn.Linear(hidden, 2 * int((~mask).sum()))
            final.weight.data.zero_()
            final.bias.data.zero_()
            couplings.append(AffineCoupling(mask, nn.Sequential(*parts, final)))
        super().__init__(couplings)

    def sample(self, z):
        x, _ = self.inverse(z)
        return x.detach()
