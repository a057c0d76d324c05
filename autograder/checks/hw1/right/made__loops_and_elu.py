"""Masks filled by loops, masked linear layers of their own, ELU, one output layer per class, inputs scaled to [-1, 1]."""


def make_masks(D, hidden, order, generator):
    before = [int(position) + 1 for position in order]
    inputs, masks = before, []
    for width in hidden:
        after = torch.randint(min(before), D, (width,), generator=generator).tolist()
        masks.append(torch.tensor([[1.0 if a >= b else 0.0 for b in before] for a in after]))
        before = after
    masks.append(torch.tensor([[1.0 if a > b else 0.0 for b in before] for a in inputs]))
    return masks


class Masked(nn.Module):
    def __init__(self, mask):
        super().__init__()
        self.mask = nn.Parameter(mask, requires_grad=False)
        self.w = nn.Parameter(torch.randn(mask.shape) / mask.shape[1] ** 0.5)
        self.b = nn.Parameter(torch.zeros(mask.shape[0]))

    def forward(self, x):
        return x @ (self.mask * self.w).T + self.b


class MADE(nn.Module):
    def __init__(self, D, hidden, K, order, generator):
        super().__init__()
        self.K = K
        masks = make_masks(D, hidden, order, generator)
        trunk = []
        for mask in masks[:-1]:
            trunk += [Masked(mask), nn.ELU()]
        self.trunk = nn.Sequential(*trunk)
        self.heads = nn.ModuleList(Masked(masks[-1]) for _ in range(K))

    def forward(self, x):
        h = self.trunk(2 * x / (self.K - 1) - 1)
        return torch.stack([head(h) for head in self.heads], dim=-1)
