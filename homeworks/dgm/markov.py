"""Binary Markov chains, whose entropy is known, and a small variational autoencoder on them that can collapse.

A chain starts with 0 or 1, each with probability 1/2, and keeps its symbol with probability `stay` at every step. An
autoregressive decoder that looks one symbol back can model it without any latent variable; independent symbols
cannot. Units: nats per sequence.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

# Adam moves every parameter by about the learning rate. The weights of the previous symbol must grow to
# log(stay / (1 - stay)) / 2, about 1.1, before the encoder has found a use for z: so they are stored in these units.
MEMORY_UNIT = 25.0


def markov_chains(n: int, length: int = 16, stay: float = 0.9, seed: int = 0) -> Tensor:
    """`n` binary Markov chains (n, length), float in {0, 1}."""
    if min(n, length) < 1:
        raise ValueError(f"n and length must be at least 1, got {n} and {length}")
    if not 0 <= stay <= 1:
        raise ValueError(f"stay must be a probability, got {stay}")
    u = torch.rand(n, length, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    changes = torch.cat([u[:, :1] < 0.5, u[:, 1:] >= stay], dim=1)
    return (changes.cumsum(1) % 2).float()


def markov_entropy(length: int = 16, stay: float = 0.9) -> float:
    """Entropy of a chain in nats: no model can have a smaller negative log-likelihood on average."""
    if not 0 < stay < 1:
        raise ValueError(f"stay must lie strictly between 0 and 1, got {stay}")
    return math.log(2) - (length - 1) * (stay * math.log(stay) + (1 - stay) * math.log(1 - stay))


class MarkovVAE(nn.Module):
    """A variational autoencoder on binary sequences (B, length) with latent vectors (B, d_z) and prior N(0, I).

    `decoder` is "independent", where the symbols are independent given z, or "autoregressive", where every symbol
    also sees the one before it. The second can collapse: it may explain chains without z.
    """

    def __init__(self, decoder: str, d_z: int = 4, length: int = 16, hidden: int = 64) -> None:
        super().__init__()
        if decoder not in ("autoregressive", "independent"):
            raise ValueError(f'decoder must be "autoregressive" or "independent", got {decoder!r}')
        self.q_net = _network(length, hidden, 2 * d_z)
        self.p_net = _network(d_z, hidden, length)
        self.memory = nn.Parameter(torch.zeros(length - 1)) if decoder == "autoregressive" else None

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Means and log standard deviations of q(z | x), both (B, d_z)."""
        means, log_stds = self.q_net(2 * x - 1).tensor_split(2, dim=1)
        return means, log_stds

    def logits(self, z: Tensor, seen: Tensor) -> Tensor:
        """Logits (B, length) of every symbol for z (B, d_z); an autoregressive decoder sees the past in `seen`.

        `seen` (B, length) holds the symbols, or what is left of them: an entry of 0.5 tells the decoder nothing.
        """
        logits = self.p_net(z)
        if self.memory is None:
            return logits
        past = MEMORY_UNIT * self.memory * (2 * seen[:, :-1] - 1)
        return logits + F.pad(past, (1, 0))

    def forward(self, x: Tensor, eps: Tensor, seen: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The two terms of the negative ELBO of x (B, length), unreduced: rec (B,) and kl (B, d_z), in nats.

        eps (B, d_z) is standard normal noise. rec is -log p(x | z), kl is KL(q(z_j | x) || N(0, 1)). `seen` is what
        the decoder sees in place of x, for example after word dropout; by default x itself.
        """
        means, log_stds = self.encode(x)
        q = Normal(means, torch.exp(log_stds))
        logits = self.logits(q.loc + eps * q.scale, x if seen is None else seen)
        rec = -torch.where(x > 0.5, F.logsigmoid(logits), F.logsigmoid(-logits)).sum(1)
        return rec, kl_divergence(q, Normal(0.0, 1.0))


def _network(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, outputs)
    )
