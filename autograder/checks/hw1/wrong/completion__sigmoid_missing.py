"""u is compared with the logit, not with its sigmoid.

Caught by: known_pixels_stay
"""


def complete(model, x0, known, u):
    x = x0.clone()
    H, W = x0.shape[2:]
    for r, c in [(r, c) for r in range(H) for c in range(W)]:
        unknown = ~known[:, 0, r, c]
        if not unknown.any(): continue
        draw = (u < (model.logits(x)))[:, 0, r, c].to(x.dtype)
        x[:, 0, r, c] = torch.where(unknown, draw, x[:, 0, r, c])
    return x
