"""What one output pixel of a convolutional stack can see, and what it should see but cannot.

Source  van den Oord, Kalchbrenner et al. (2016), arXiv:1606.05328, section 2.2 and Figure 1 (the blind spot).
Shapes  H, W the image; one image, one channel in and out.
Order   raster: left to right, then top to bottom.
"""

import torch
from torch import Tensor, nn


def _positive(parameter: Tensor) -> Tensor:
    """Weights made positive where they are not zero, and less than 1 in sum; biases removed. In float64."""
    size = parameter.detach().abs().double()
    # Vectors are biases. The sum keeps activations below 1, so that no tanh or sigmoid is driven into saturation.
    return size / (1 + size.sum()) if parameter.dim() > 1 else torch.zeros_like(size)


def receptive_field_map(net: nn.Module, H: int, W: int, r: int, c: int) -> Tensor:
    """The input pixels that can influence the output pixel in row r, column c: bool (H, W), True where they can.

    `net` maps an image (1, 1, H, W) to (1, 1, H, W) and is a stack of convolutions and monotone activations.
    An input pixel can influence net(x)[0, 0, r, c] when a path of non-zero weights leads from it through all layers
    to that output. This is a property of the net, not of one input: a ReLU that happens to be off at the input you
    look at, or a tanh that is saturated there, must not hide a pixel. `net` is the same after the call as before.
    """
    parameters = {name: _positive(parameter) for name, parameter in net.named_parameters()}
    # All inputs and all weights are positive, so every unit on a path is switched on and no two paths cancel.
    x = torch.ones(1, 1, H, W, dtype=torch.float64, requires_grad=True)
    output = torch.func.functional_call(net, parameters, (x,))[0, 0, r, c]
    (gradient,) = torch.autograd.grad(output, x)
    return gradient[0, 0] != 0


def blind_spot(net: nn.Module, H: int, W: int, r: int, c: int) -> Tensor:
    """The pixels that come before (r, c) in raster order and yet cannot influence the output there: bool (H, W).

    `net` is as in `receptive_field_map`. A pixel comes before (r, c) when it lies in a higher row, or in the same
    row further to the left; the pixel (r, c) itself does not.
    """
    position = torch.arange(H * W).view(H, W)
    return (position < r * W + c) & ~receptive_field_map(net, H, W, r, c)
