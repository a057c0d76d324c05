"""All pixels of a call are drawn, and one column of them is blended in with the mask as numbers."""


def complete(model, x0, known, u):
    x, keep = x0 * 1.0, known.float()
    for i in range(x.shape[-2]):
        for j in range(x.shape[-1]):
            if keep[..., i, j].min() == 1:
                continue
            with torch.no_grad():
                drawn = torch.where(u < torch.sigmoid(model.logits(x)), 1.0, 0.0)
            x[..., i, j] = keep[..., i, j] * x[..., i, j] + (1 - keep[..., i, j]) * drawn[..., i, j]
    return x
