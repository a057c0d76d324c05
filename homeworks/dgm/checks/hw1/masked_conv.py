"""Public checks of `masked_conv`."""

from types import SimpleNamespace

import torch
from dgm.checking import public_check


@public_check("the layer keeps the size of the image")
def keeps_size(student: SimpleNamespace) -> None:
    for kernel_size in (3, 5, 7):
        y = student.MaskedConv2d("A", 2, 4, kernel_size)(torch.randn(3, 2, 6, 9))
        assert y is not None, "forward should return the outputs (is a return missing?)"
        assert tuple(y.shape) == (3, 4, 6, 9), (
            f"for x of shape (3, 2, 6, 9), 4 channels out and kernel size {kernel_size} the output should have shape "
            f"(3, 4, 6, 9), but it has shape {tuple(y.shape)}: pad by half a kernel on every side"
        )


def moves(student: SimpleNamespace, kind: str, row: int, column: int) -> bool:
    """Whether the output in the middle of a 5 x 5 image moves when the pixel at (row, column) does."""
    layer = student.MaskedConv2d(kind, 1, 8, 3)
    x = torch.randn(1, 1, 5, 5)
    other = x.clone()
    other[:, :, row, column] += 10
    return bool((layer(x) - layer(other))[:, :, 2, 2].abs().max() > 1e-4)


@public_check("nothing below and nothing on the right is seen")
def no_future(student: SimpleNamespace) -> None:
    for kind in ("A", "B"):
        assert not moves(student, kind, 3, 2), f"with kind {kind!r} an output sees the pixel below: mask these rows"
        assert not moves(student, kind, 2, 3), f"with kind {kind!r} an output sees the pixel on its right"


@public_check("the left and the whole row above are seen")
def past(student: SimpleNamespace) -> None:
    for kind in ("A", "B"):
        assert moves(student, kind, 2, 1), f"with kind {kind!r} an output does not see the pixel on its left"
        for column in (1, 2, 3):
            assert moves(student, kind, 1, column), (
                f"with kind {kind!r} an output does not see all three pixels in the row above: in raster order the "
                "whole row comes earlier, on the right as well"
            )


@public_check("kind A hides the pixel itself, kind B shows it")
def centre(student: SimpleNamespace) -> None:
    assert not moves(student, "A", 2, 2), "with kind 'A' an output must not see its own pixel"
    assert moves(student, "B", 2, 2), "with kind 'B' an output should see its own pixel"
