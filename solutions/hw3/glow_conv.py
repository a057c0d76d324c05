"""Glow's invertible 1 x 1 convolution, with its matrix kept in PLU form.

Source  Kingma & Dhariwal (2018), arXiv:1807.03039, section 3.2: Eqs. (9)-(11).
Shapes  B batch, C channels, H x W places.
"""

import torch
from torch import Tensor, nn


class InvertibleConv1x1(nn.Module):
    """The channels of every place of an image are multiplied by one and the same invertible matrix W (C, C).

    W = P L (U + diag(s)): P is a permutation matrix, L is lower triangular with ones on its diagonal, U is zero on its
    diagonal and below. Trained are the entries of L below its diagonal, those of U above it, and log |s|; P and the
    signs of s never change. At first W is orthogonal, and random: `generator` makes the only random numbers, or torch's
    global one without it.
    """

    def __init__(self, channels: int, generator: torch.Generator | None = None) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        W = torch.linalg.qr(torch.randn(channels, channels, generator=generator))[0]
        P, L, U = torch.linalg.lu(W)
        s = U.diagonal()
        self.register_buffer("P", P)
        self.register_buffer("sign", s.sign())
        self.log_s = nn.Parameter(s.abs().log())
        self.L = nn.Parameter(L.tril(-1))
        self.U = nn.Parameter(U.triu(1))
        ### END SOLUTION

    def factors(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """P (C, C), L (C, C), U (C, C) and s (C,), as they are now."""
        L = self.L.tril(-1) + torch.eye(len(self.P), dtype=self.L.dtype)
        return self.P, L, self.U.triu(1), self.sign * self.log_s.exp()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z (B, C, H, W), in which every z[b, :, i, j] is W x[b, :, i, j], and log |det dz/dx| (B,).

        Gradients reach x and all that is trained.
        """
        P, L, U, s = self.factors()
        z = torch.einsum("cd,bdhw->bchw", P @ L @ (U + s.diag()), x)
        return z, self._log_det(x)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The x with forward(x) = z, and log |det dx/dz| (B,). Works for any H and W, as `forward` does."""
        P, L, U, s = self.factors()
        columns = P.T @ z.transpose(0, 1).flatten(1)  # (C, B H W)
        columns = torch.linalg.solve_triangular(L, columns, upper=False, unitriangular=True)
        columns = torch.linalg.solve_triangular(U + s.diag(), columns, upper=True)
        return columns.view(z.transpose(0, 1).shape).transpose(0, 1), -self._log_det(z)

    def _log_det(self, x: Tensor) -> Tensor:
        """Every place contributes log |det W| = sum log |s|."""
        return (x.shape[2] * x.shape[3] * self.log_s.sum()).expand(len(x))
