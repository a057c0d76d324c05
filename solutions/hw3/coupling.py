"""The affine coupling layer: half of the coordinates stay, and say what happens to the others.

Source  Dinh, Sohl-Dickstein & Bengio (2017), arXiv:1605.08803, sections 3.2-3.4: Eqs. (4)-(9).
Shapes  B batch, D dimensions, d of them kept.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn


class AffineCoupling(nn.Module):
    """Coordinates with mask[i] = True are kept; the others are scaled and shifted by functions of the kept ones.

    mask (D,) is boolean, with d entries True, in any pattern. `net` takes the kept coordinates (B, d), in the order in
    which they stand in x, to (B, 2 (D - d)): first a raw scale r for every changed coordinate, then its shift t. The
    logarithm of the scale is a = 2 tanh(r / 2), so that no layer scales by more than e^2; the changed coordinates
    become x_i exp(a_i) + t_i. Gradients reach the input and the parameters of `net`, in both directions; these
    parameters are the layer's own.
    """

    def __init__(self, mask: Tensor, net: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.net = net
        ### BEGIN SOLUTION
        self.register_buffer("kept", mask.nonzero().flatten())
        self.register_buffer("changed", (~mask).nonzero().flatten())
        self.register_buffer("back", torch.cat([self.kept, self.changed]).argsort())
        ### END SOLUTION

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z (B, D) and log |det dz/dx| (B,)."""
        kept, changed, log_scale, shift = self._parts(x)
        return self._joined(kept, changed * log_scale.exp() + shift), log_scale.sum(1)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The x with forward(x) = z, and log |det dx/dz| (B,), in one call of `net` as well."""
        kept, changed, log_scale, shift = self._parts(z)
        return self._joined(kept, (changed - shift) * (-log_scale).exp()), -log_scale.sum(1)

    def _parts(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        kept, changed = x.index_select(1, self.kept), x.index_select(1, self.changed)
        raw, shift = self.net(kept).chunk(2, 1)
        return kept, changed, 2 * torch.tanh(raw / 2), shift

    def _joined(self, kept: Tensor, changed: Tensor) -> Tensor:
        return torch.cat([kept, changed], 1).index_select(1, self.back)
