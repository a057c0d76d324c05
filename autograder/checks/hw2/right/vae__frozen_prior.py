"""The prior's standard deviations are a frozen parameter, as in code whose prior could be learned."""

import torch
import torch.nn.functional as F
from torch import nn



class VAE(nn.Module):
    def __init__(self, d_x, d_z, hidden, likelihood="gaussian"):
        super().__init__()
        if likelihood not in ("gaussian", "bernoulli"):
            raise ValueError(likelihood)
        self.likelihood = likelihood
        self.encoder = nn.Sequential(nn.Linear(d_x, hidden), nn.ReLU(), nn.Linear(hidden, 2 * d_z))
        self.decoder = nn.Sequential(nn.Linear(d_z, hidden), nn.ReLU(), nn.Linear(hidden, d_x))
        self.prior_std = nn.Parameter(torch.ones(d_z), requires_grad=False)
        if likelihood == "gaussian":
            self.log_std = nn.Parameter(torch.zeros(d_x))

    def encode(self, x):
        return self.encoder(x).chunk(2, dim=-1)

    def decode(self, z):
        output = self.decoder(z)
        return output if self.likelihood == "bernoulli" else (output, self.log_std)

    def loss(self, x, eps):
        mean, log_std = self.encode(x)
        z = mean + log_std.exp() * eps
        if self.likelihood == "bernoulli":
            nll = F.binary_cross_entropy_with_logits(self.decode(z), x, reduction="none")
        else:
            nll = gaussian_nll(x, *self.decode(z))
        rec, kl = nll.sum(-1).mean(), gaussian_kl(mean, log_std).sum(-1).mean()
        return {"total": rec + kl, "rec": rec, "kl": kl}

    @torch.no_grad()
    def sample(self, eps_z, eps_x):
        if self.likelihood == "bernoulli":
            return (eps_x < torch.sigmoid(self.decode(self.prior_std * eps_z))).to(eps_x)
        mean, log_std = self.decode(self.prior_std * eps_z)
        return mean + log_std.exp() * eps_x
