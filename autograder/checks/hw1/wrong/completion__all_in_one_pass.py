"""All pixels are drawn in one pass, from logits that saw the arbitrary values in the holes.

Caught by: raster_order
"""


def complete(model, x0, known, u):
    draw = (u < torch.sigmoid(model.logits(x0))).to(x0.dtype)
    return torch.where(known, x0, draw)
