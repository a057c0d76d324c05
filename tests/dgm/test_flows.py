"""Tests of dgm.flows: Jacobians by autograd at generic weights, round trips, the identity at first."""

import pytest
import torch
from dgm import CouplingFlow
from torch import Tensor


def generic(d: int, layers: int) -> CouplingFlow:
    generator = torch.Generator().manual_seed(d)
    flow = CouplingFlow(d, layers, hidden=16).double()
    with torch.no_grad():
        for parameter in flow.parameters():
            parameter.add_(0.4 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return flow


def points(n: int, d: int) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("d", [2, 3, 7])
def test_log_det_is_that_of_the_jacobian(d):
    flow, z = generic(d, 5), points(3, d)
    noise, log_det = flow(z)
    for row, value in zip(z, log_det, strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda r: flow(r[None])[0][0], row)
        assert abs(torch.linalg.slogdet(jacobian).logabsdet - value) < 1e-10
    assert (flow.inverse(noise) - z).abs().max() < 1e-10


def test_every_output_depends_on_every_input():
    for d in (2, 5):
        jacobian = torch.autograd.functional.jacobian(lambda r, d=d: generic(d, 6)(r[None])[0][0], points(1, d)[0])
        assert (jacobian.abs() > 1e-9).all()


def test_identity_at_first_up_to_the_order_of_coordinates():
    z = points(4, 6)
    noise, log_det = CouplingFlow(6, 3).double()(z)
    assert torch.equal(noise.sort(1).values, z.sort(1).values)
    assert torch.equal(log_det, torch.zeros(4).double())


def test_scales_stay_bounded():
    flow = CouplingFlow(2, 1, hidden=4).double()
    with torch.no_grad():
        flow.networks[0][-1].bias.fill_(1e3)
    assert abs(flow(points(1, 2))[1].item() - 2) < 1e-9


def test_bad_sizes():
    for d, layers in ((1, 4), (3, 0)):
        with pytest.raises(ValueError, match="at least one layer"):
            CouplingFlow(d, layers)
