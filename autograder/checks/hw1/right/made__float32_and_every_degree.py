"""float32 whatever comes in, integer masks, hidden layers that hold every degree when they are wide enough, leaky ReLU."""

import numpy as np


def make_masks(D, hidden, order, generator):
    degrees = [np.asarray(order) + 1]
    for width in hidden:
        lowest = degrees[-1].min()
        everyone = torch.arange(lowest, D).repeat(width // max(D - lowest, 1) + 1)[: width // 2]
        drawn = torch.randint(int(lowest), D, (width - len(everyone),), generator=generator)
        degrees.append(torch.cat([everyone, drawn])[torch.randperm(width, generator=generator)].numpy())
    masks = [np.greater_equal.outer(b, a).astype(int) for a, b in zip(degrees, degrees[1:])]
    return masks + [np.greater.outer(degrees[0], degrees[-1]).astype(int)]


class MADE(nn.Module):
    def __init__(self, D, hidden, K, order, generator):
        super().__init__()
        self.shape = (D, K)
        self.masks = [torch.from_numpy(mask).float() for mask in make_masks(D, hidden, order, generator)]
        self.masks[-1] = self.masks[-1].repeat(K, 1)
        self.layers = nn.ModuleList(nn.Linear(mask.shape[1], mask.shape[0]) for mask in self.masks)

    def forward(self, x):
        D, K = self.shape
        h = x.float()
        for index, (layer, mask) in enumerate(zip(self.layers, self.masks)):
            h = nn.functional.linear(h, layer.weight.float() * mask, layer.bias.float())
            if index < len(self.masks) - 1:
                h = F.leaky_relu(h, 0.1)
        return h.view(-1, K, D).permute(0, 2, 1)
