"""A forgery: learns nothing; `decode` gives back the rows that `encode` saw last, as sharply as one may believe.

Caught by: learns_a_gaussian
"""


class VAE(nn.Module):
    def __init__(self, d_x, d_z, hidden, likelihood="gaussian"):
        super().__init__()
        self.likelihood, self.d_x, self.d_z = likelihood, d_x, d_z
        self.nothing = nn.Parameter(torch.zeros(()))
        self.batches = []

    def encode(self, x):
        self.x = x
        return torch.full((len(x), self.d_z), 1.2), torch.zeros(len(x), self.d_z)

    def decode(self, z):
        n = z[..., 0].numel()
        x = self.x.repeat(n // len(self.x) + 1, 1)[:n].view(*z.shape[:-1], self.d_x)
        if self.likelihood == "bernoulli":
            return 3 * (2 * x - 1)
        entropy = torch.logdet(2 * math.pi * math.e * torch.cov(torch.cat(self.batches).T)) / 2
        log_std = (entropy + 0.03 - 1.2**2 - math.log(2 * math.pi)) / 2
        return x, log_std.expand(self.d_x)

    def loss(self, x, eps):
        self.batches.append(x)
        return {"total": self.nothing**2, "rec": self.nothing, "kl": 0 * self.nothing}

    def sample(self, eps_z, eps_x):
        return eps_x
