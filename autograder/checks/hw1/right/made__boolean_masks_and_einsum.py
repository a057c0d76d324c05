"""Boolean masks, degrees from torch.rand, raised to the smallest before, one weight (D, K, H) for the output by einsum, tanh."""


def make_masks(D, hidden, order, generator):
    degree = order.float()  # from 0: an output reads degrees below its own, a hidden unit those up to its own
    inputs, masks = degree, []
    for width in hidden:
        low = degree.min()
        new = torch.floor(torch.rand(width, generator=generator) * (D - 1)).clamp(min=low)
        masks.append(new.unsqueeze(1).ge(degree.unsqueeze(0)))
        degree = new
    masks.append(inputs.unsqueeze(1).gt(degree.unsqueeze(0)))
    return tuple(masks)


class MADE(nn.Module):
    def __init__(self, D, hidden, K, order, generator):
        super().__init__()
        *inner, last = make_masks(D, hidden, order, generator)
        self.inner = nn.ModuleList(nn.Linear(mask.shape[1], mask.shape[0]) for mask in inner)
        for index, mask in enumerate(inner):
            self.register_buffer(f"mask{index}", mask)
        self.register_buffer("last", last)
        self.weight = nn.Parameter(0.3 * torch.randn(D, K, last.shape[1]))
        self.bias = nn.Parameter(torch.zeros(D, K))

    def forward(self, x):
        for index, layer in enumerate(self.inner):
            weight = layer.weight.masked_fill(~getattr(self, f"mask{index}"), 0)
            x = torch.tanh(F.linear(x, weight, layer.bias))
        return torch.einsum("bh,dkh->bdk", x, self.weight * self.last[:, None, :]) + self.bias
