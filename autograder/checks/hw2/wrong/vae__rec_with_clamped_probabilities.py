"""Probabilities are clamped away from 0 and 1.

Caught by: reconstruction
"""


class VAE(nn.Module):
    def __init__(self, d_x, d_z, hidden, likelihood="gaussian"):
        super().__init__()
        self.likelihood = likelihood
        self.encoder = nn.Sequential(nn.Linear(d_x, hidden), nn.ReLU(), nn.Linear(hidden, 2 * d_z))
        self.decoder = nn.Sequential(nn.Linear(d_z, hidden), nn.ReLU(), nn.Linear(hidden, d_x))
        self.log_std = nn.Parameter(torch.zeros(d_x))

    def encode(self, x):
        return self.encoder(x).chunk(2, dim=-1)

    def decode(self, z):
        output = self.decoder(z)
        return output if self.likelihood == "bernoulli" else (output, self.log_std)

    def loss(self, x, eps):
        mean, log_std = self.encode(x)
        z = mean + torch.exp(log_std) * eps
        if self.likelihood == "bernoulli":
            p = torch.sigmoid(self.decode(z)).clamp(1e-6, 1 - 1e-6)
            nll = -x * torch.log(p) - (1 - x) * torch.log(1 - p)
        else:
            nll = gaussian_nll(x, *self.decode(z))
        kl = gaussian_kl(mean, log_std)
        rec, kl = nll.sum(-1).mean(), kl.sum(-1).mean()
        return {"total": rec + kl, "rec": rec, "kl": kl}

    @torch.no_grad()
    def sample(self, eps_z, eps_x):
        if self.likelihood == "bernoulli":
            return (eps_x < torch.sigmoid(self.decode(eps_z))).to(eps_x.dtype)
        mean, log_std = self.decode(eps_z)
        return mean + torch.exp(log_std) * eps_x
