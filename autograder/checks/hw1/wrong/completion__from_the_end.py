"""From the last pixel to the first.

Caught by: raster_order
"""


def complete(model, x0, known, u):
    x = x0.clone()
    H, W = x0.shape[2:]
    for r, c in [(r, c) for r in reversed(range(H)) for c in reversed(range(W))]:
        unknown = ~known[:, 0, r, c]
        if not unknown.any(): continue
        draw = (u < torch.sigmoid(model.logits(x)))[:, 0, r, c].to(x.dtype)
        x[:, 0, r, c] = torch.where(unknown, draw, x[:, 0, r, c])
    return x
