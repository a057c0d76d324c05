"""Gumbel noise: exact draws of codes, their relaxation, and the discrete VAE that learns through it.

Source  Jang, Gu & Poole (2017), arXiv:1611.01144, Eqs. (1)-(2) and section 2.2; Maddison, Mnih & Teh (2017),
        arXiv:1611.00712, for the same distribution; Ramesh, Pavlov, Goh et al. (2021), arXiv:2102.12092, section 2.1,
        for the discrete VAE with a uniform prior in the KL term.
Shapes  any (...) in front, K values. B images of H x W pixels, h x w codes per image.
Units   nats per image.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.hw5.discrete_latents import categorical_kl


def gumbel_max(logits: Tensor, u: Tensor) -> Tensor:
    """Draw from softmax(logits) by the largest sum of logit and Gumbel noise: (...), long, numbers from 0 to K - 1.

    logits (..., K); u (..., K) holds uniform numbers in (0, 1), of which -log(-log u) is the noise.
    """
    return _perturbed(logits, u).argmax(-1)


def gumbel_softmax(logits: Tensor, u: Tensor, temperature: float, hard: bool = False) -> Tensor:
    """The relaxed draw (..., K): softmax of (logits + Gumbel noise) / temperature over the last dimension.

    logits and u (..., K) as for `gumbel_max`; temperature > 0. With `hard` the values are those of the one-hot vector
    of `gumbel_max` with the same u, and the gradient is that of the relaxed draw.
    """
    noisy = _perturbed(logits, u)
    soft = (noisy / temperature).softmax(-1)
    if not hard:
        return soft
    one_hot = F.one_hot(noisy.argmax(-1), logits.shape[-1]).to(soft)
    return one_hot + (soft - soft.detach())


class DiscreteVAE(nn.Module):
    """A VAE of binary images (B, 1, H, W) with h x w latent codes, each one of n_codes values with a uniform prior.

    h is H / 2^halvings, and w is W / 2^halvings, for H and W that 2^halvings divides. Encoder and decoder are small
    convolutional networks with about `hidden` channels and any nonlinearity but sigmoids, which learn too little in a
    few seconds of training; no part of them looks at other images of the batch.
    """

    def __init__(self, n_codes: int, hidden: int = 32, halvings: int = 2) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        down, up = [], [nn.Conv2d(n_codes, hidden, 3, padding=1)]
        for step in range(halvings):
            down += [nn.Conv2d(hidden if step else 1, hidden, 4, stride=2, padding=1), nn.ReLU()]
            out = hidden if step < halvings - 1 else 1
            up += [nn.ReLU(), nn.ConvTranspose2d(hidden, out, 4, stride=2, padding=1)]
        self.encoder = nn.Sequential(*down, nn.Conv2d(hidden, n_codes, 1))
        self.decoder = nn.Sequential(*up)
        ### END SOLUTION

    def encode(self, x: Tensor) -> Tensor:
        """Logits (B, n_codes, h, w) of q(codes | x), which makes the codes independent, for images x (B, 1, H, W)."""
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of the pixels, for one-hot codes or relaxed ones z (B, n_codes, h, w)."""
        return self.decoder(z)

    def loss(self, x: Tensor, u: Tensor, temperature: float, beta: float = 1.0) -> dict[str, Tensor]:
        """The loss of the images x (B, 1, H, W) and its parts: dict(total=(), rec=(), kl=()), in nats per image.

        u (B, n_codes, h, w) holds uniform numbers in (0, 1): the only randomness. `rec` is -log p(x | z), summed over
        the pixels, at the relaxed draw z of `gumbel_softmax` with that temperature; `kl` is that of `categorical_kl`,
        summed over the codes; both are means over the batch, and total = rec + beta kl.
        """
        logits = self.encode(x)
        z = gumbel_softmax(logits.movedim(1, -1), u.movedim(1, -1), temperature).movedim(-1, 1)
        rec = F.binary_cross_entropy_with_logits(self.decode(z), x, reduction="none").sum((1, 2, 3)).mean()
        kl = categorical_kl(logits.flatten(2).mT).mean()
        return {"total": rec + beta * kl, "rec": rec, "kl": kl}


def _perturbed(logits: Tensor, u: Tensor) -> Tensor:
    """Logits plus Gumbel noise. In float32 a uniform number may come out as 0 or 1: then the noise stays finite."""
    limits = torch.finfo(u.dtype)
    return logits - (-u.clamp(limits.tiny, 1 - limits.eps).log()).log()
