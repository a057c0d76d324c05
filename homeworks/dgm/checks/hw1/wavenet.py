"""Public checks of `wavenet`."""

from types import SimpleNamespace

import torch
from dgm.checking import public_check


@public_check("the gate lets everything, half or nothing through")
def gates(student: SimpleNamespace) -> None:
    f = torch.linspace(-2, 2, 5)
    for gate, share in ((50.0, 1.0), (0.0, 0.5), (-50.0, 0.0)):
        y = student.gated_activation(f, torch.full((5,), gate))
        assert torch.allclose(torch.as_tensor(y), share * f.tanh(), atol=1e-5), (
            f"a gate of {gate:g} should let {share:.0%} of tanh(filter) through"
        )


@public_check("a block returns h and the skip output in their shapes")
def block_shapes(student: SimpleNamespace) -> None:
    answer = student.WaveNetBlock(4, 6, 2, 3)(torch.randn(2, 4, 10))
    assert isinstance(answer, tuple | list) and len(answer) == 2, "a block should return two things, h and skip"
    h, skip = answer
    assert tuple(h.shape) == (2, 4, 10), f"h should keep its shape (2, 4, 10), but it has shape {tuple(h.shape)}"
    assert tuple(skip.shape) == (2, 6, 10), f"the skip output should have shape (2, 6, 10), not {tuple(skip.shape)}"


@public_check("a block whose parameters are all 0 changes nothing")
def block_adds(student: SimpleNamespace) -> None:
    block = student.WaveNetBlock(3, 2, 2, 1)
    block.load_state_dict({name: torch.zeros_like(values) for name, values in block.state_dict().items()})
    h = torch.randn(1, 3, 8)
    out, skip = block(h)
    assert torch.allclose(out, h), "what the block computes should be added to its input h, and nothing else done to it"
    assert not skip.any(), "the skip output should come from the gated unit only, not from h"


@public_check("the network gives K logits per time step, and the first ones know nothing")
def network(student: SimpleNamespace) -> None:
    net = student.WaveNet(3, 8, 8, 2, [1, 2, 4])
    x = torch.tensor([[0, 1, 2, 0, 1, 2, 1], [2, 1, 0, 0, 2, 2, 1]])
    y = net(x)
    assert y is not None and tuple(y.shape) == (2, 3, 7), (
        "for sequences (2, 7) of 3 symbols the logits should have shape (2, 3, 7): batch, symbols, time"
    )
    assert torch.allclose(y[0, :, 0], y[1, :, 0], atol=1e-5), (
        "there is nothing before the first symbol, so its logits should be the same for all sequences; is the first "
        "layer strict?"
    )


@public_check("the skip outputs of all blocks are used")
def all_skips(student: SimpleNamespace) -> None:
    net = student.WaveNet(3, 6, 5, 2, [1, 2, 4])
    net(torch.randint(0, 3, (2, 9))).square().sum().backward()
    idle = sum(parameter.grad is None for parameter in net.parameters())
    # The last block's residual goes nowhere: a weight and a bias may be left without a gradient.
    assert idle <= 2, "some blocks have no say in the logits: the skip outputs of all of them are summed"
