"""Public checks of `causal_conv`."""

from types import SimpleNamespace

import torch
from dgm.checking import public_check


@public_check("the layer keeps the length of the sequence")
def keeps_length(student: SimpleNamespace) -> None:
    for kernel_size, dilation, strict in ((2, 1, False), (3, 4, False), (2, 3, True)):
        layer = student.CausalConv1d(2, 3, kernel_size, dilation, strict)
        y = layer(torch.randn(4, 2, 10))
        assert y is not None, "forward should return the outputs (is a return missing?)"
        assert tuple(y.shape) == (4, 3, 10), (
            f"for x of shape (4, 2, 10) and kernel size {kernel_size}, dilation {dilation}, strict {strict} the output "
            f"has shape {tuple(y.shape)}: how many zeros have to come in front so that (4, 3, 10) remains?"
        )


@public_check("the first output does not change when later inputs do")
def no_future(student: SimpleNamespace) -> None:
    for strict in (False, True):
        layer = student.CausalConv1d(1, 1, 3, 2, strict)
        x = torch.randn(1, 1, 12)
        later = x.clone()
        later[:, :, 1:] += 1
        moved = (layer(x)[:, :, 0] - layer(later)[:, :, 0]).abs().max()
        assert moved < 1e-5, f"with strict {strict} output 0 depends on later inputs: on which side is the padding?"


@public_check("a strict layer does not see its own time step, another one does")
def strictness(student: SimpleNamespace) -> None:
    for strict in (False, True):
        layer = student.CausalConv1d(1, 4, 2, 1, strict)
        x = torch.randn(1, 1, 6)
        last = x.clone()
        last[:, :, -1] += 1
        sees = bool((layer(x)[:, :, -1] - layer(last)[:, :, -1]).abs().max() > 1e-5)
        wish = "must not see" if strict else "should see"
        assert sees != strict, f"with strict {strict} an output {wish} the input of its own time step"


@public_check("the receptive field of one layer is right")
def one_layer(student: SimpleNamespace) -> None:
    width = student.receptive_field(2, [1])
    assert width == 2, f"one layer with kernel size 2 and dilation 1 sees two inputs, but receptive_field says {width}"
    width = student.receptive_field(3, [5])
    assert width == 11, (
        f"one layer with kernel size 3 and dilation 5 sees t, t - 5 and t - 10, a window of 11 time steps, but "
        f"receptive_field says {width}"
    )
