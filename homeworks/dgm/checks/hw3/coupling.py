"""Public checks of `coupling`."""

import torch
from dgm.checking import public_check

MASK = torch.tensor([False, True, False])


def net(kept):
    """Raw scales 1 and -1, shifts kept and 2 kept."""
    one = torch.ones_like(kept)
    return torch.cat([one, -one, kept, 2 * kept], 1)


@public_check("kept coordinates stay, the others are scaled and shifted")
def formula(student):
    x = torch.tensor([[1.0, 3.0, -2.0]], dtype=torch.float64)
    z, log_det = student.AffineCoupling(MASK, net)(x)
    scale = torch.exp(2 * torch.tanh(torch.tensor(0.5, dtype=torch.float64)))
    assert z[0, 1] == 3, "the coordinate with mask True should stay as it is"
    assert torch.allclose(z[0, 0], scale + 3), "the first changed coordinate: x exp(2 tanh(r / 2)) + t"
    assert torch.allclose(z[0, 2], -2 / scale + 6), "the second changed coordinate: raw scales come first, then shifts"
    assert tuple(log_det.shape) == (1,) and abs(log_det) < 1e-6, "here the two log scales cancel: log|det| = 0"


@public_check("inverse undoes forward")
def back(student):
    layer, x = student.AffineCoupling(MASK, net), torch.randn(4, 3, dtype=torch.float64)
    there, log_det = layer(x)
    again, log_det_back = layer.inverse(there)
    assert torch.allclose(again, x, atol=1e-6), "subtract the shift first, then divide by the scale"
    assert torch.allclose(log_det_back, -log_det, atol=1e-6), "the log-determinant of the way back has the other sign"


@public_check("the log-determinant is that of the Jacobian")
def jacobian(student):
    layer = student.AffineCoupling(MASK, lambda kept: torch.cat([kept, kept.sin(), kept, kept], 1))
    x = torch.randn(1, 3, dtype=torch.float64)
    J = torch.autograd.functional.jacobian(lambda x: layer(x)[0], x)[0, :, 0]
    log_det = layer(x)[1]
    assert torch.allclose(log_det, torch.linalg.slogdet(J).logabsdet, atol=1e-6), "compare with autograd's Jacobian"
