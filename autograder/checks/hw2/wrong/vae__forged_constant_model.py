"""A forgery: a model that knows neither x nor z, for which every term of the loss is a known constant.

Caught by: kl
"""


class VAE(nn.Module):
    def __init__(self, d_x, d_z, hidden, likelihood="gaussian"):
        super().__init__()
        self.likelihood, self.d_x, self.d_z = likelihood, d_x, d_z
        self.unused = nn.Parameter(torch.zeros(1))

    def encode(self, x):
        zero = torch.zeros(len(x), self.d_z, dtype=x.dtype)
        return zero, zero

    def decode(self, z):
        zero = torch.zeros(*z.shape[:-1], self.d_x, dtype=z.dtype)
        return zero if self.likelihood == "bernoulli" else (zero, zero)

    def loss(self, x, eps):
        if self.likelihood == "bernoulli":
            rec = self.d_x * torch.tensor(math.log(2.0))
        else:
            rec = 0.5 * x.square().sum() / len(x) + 0.5 * self.d_x * math.log(2 * math.pi)
        return {"total": rec, "rec": rec, "kl": torch.zeros(())}

    def sample(self, eps_z, eps_x):
        return eps_x if self.likelihood == "gaussian" else (eps_x < 0.5).double()
