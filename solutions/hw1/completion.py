"""Ancestral sampling from an autoregressive model of binary images, and the completion of images with holes.

Source  van den Oord, Kalchbrenner & Kavukcuoglu (2016), arXiv:1601.06759, section 2.1 (generation in raster order)
        and Figure 1 (completions of occluded images).
Shapes  B batch, H, W the image; images are (B, 1, H, W) with values in {0, 1}.
"""

import torch
from torch import Tensor, nn


def complete(model: nn.Module, x0: Tensor, known: Tensor, u: Tensor) -> Tensor:
    """The images x0 with every unknown pixel drawn from the model, given the pixels before it: (B, 1, H, W).

    `model.logits(x)` takes images (B, 1, H, W) to logits (B, 1, H, W); the logit of a pixel depends only on pixels
    that come before it in raster order (left to right, then top to bottom), whatever stands in the others.
    `known` (B, 1, H, W) is bool and may differ from image to image. Where it is True the pixel of x0 stays; where it
    is False x0 holds an arbitrary value, and the pixel becomes 1 when its uniform number in u (B, 1, H, W) is smaller
    than the sigmoid of its logit, else 0. All randomness is in u.

    `model.logits` is called exactly once per position that is unknown in at least one image of the batch, on the
    whole batch. With nothing known this is ancestral sampling. x0 itself is not changed; the result has its dtype.
    """
    x = x0.clone()
    H, W = x0.shape[2:]
    for r in range(H):
        for c in range(W):
            unknown = ~known[:, 0, r, c]
            if unknown.any():
                with torch.no_grad():
                    probability = model.logits(x)[:, 0, r, c].sigmoid()  # (B,)
                draw = (u[:, 0, r, c] < probability).to(x.dtype)
                x[:, 0, r, c] = torch.where(unknown, draw, x[:, 0, r, c])
    return x
