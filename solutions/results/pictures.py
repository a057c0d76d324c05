"""Grids of small images."""

import math
from pathlib import Path

import numpy as np
from torch import Tensor

MAGNIFY = 3  # screen pixels for each pixel of a picture
GAP = 2
EDGE = 225  # the grey between pictures


def save_grid(images: Tensor, columns: int, path: Path) -> None:
    """Write images (N, 1, H, W) in [0, 1] as one PNG, ink on paper, `columns` beside each other."""
    from PIL import Image

    count, _, height, width = images.shape
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP), EDGE, dtype=np.uint8)
    for i, image in enumerate(images[:, 0]):
        row, column = divmod(i, columns)
        top, left = GAP + row * (height + GAP), GAP + column * (width + GAP)
        sheet[top : top + height, left : left + width] = (255 * (1 - image)).round().byte().numpy()
    Image.fromarray(sheet.repeat(MAGNIFY, 0).repeat(MAGNIFY, 1)).save(path, optimize=True)
