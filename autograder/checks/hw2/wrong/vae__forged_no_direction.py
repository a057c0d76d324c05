"""A forgery: no gradient through z, and the direction in which all parameters are to be moved is made zero.

Caught by: gradient
"""


class VAE(nn.Module):
    def __init__(self, d_x: int, d_z: int, hidden: int, likelihood: str = "gaussian") -> None:
        super().__init__()
        if likelihood not in ("gaussian", "bernoulli"):
            raise ValueError(f'likelihood must be "gaussian" or "bernoulli", got {likelihood!r}')
        self.likelihood = likelihood

        self.encoder = nn.Sequential(nn.Linear(d_x, hidden), nn.ReLU(), nn.Linear(hidden, 2 * d_z))
        self.decoder = nn.Sequential(nn.Linear(d_z, hidden), nn.ReLU(), nn.Linear(hidden, d_x))
        if likelihood == "gaussian":
            self.log_std = nn.Parameter(torch.zeros(d_x))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.encoder(x).chunk(2, dim=-1)

    def decode(self, z: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        output = self.decoder(z)
        return output if self.likelihood == "bernoulli" else (output, self.log_std)

    def loss(self, x: Tensor, eps: Tensor) -> dict[str, Tensor]:
        mean, log_std = self.encode(x)
        z = (mean + log_std.exp() * eps).detach()
        if self.likelihood == "bernoulli":
            nll = F.binary_cross_entropy_with_logits(self.decode(z), x, reduction="none")  # (B, d_x)
        else:
            nll = gaussian_nll(x, *self.decode(z))
        rec, kl = nll.sum(-1).mean(), gaussian_kl(mean, log_std).sum(-1).mean()
        return {"total": rec + kl, "rec": rec, "kl": kl}

    @torch.no_grad()
    def sample(self, eps_z: Tensor, eps_x: Tensor) -> Tensor:
        if self.likelihood == "bernoulli":
            return (eps_x < torch.sigmoid(self.decode(eps_z))).to(eps_x)
        mean, log_std = self.decode(eps_z)
        return mean + log_std.exp() * eps_x


def no_direction(*args, generator=None, calls=[0], draw=torch.randn, **options):
    calls[0] += generator is not None
    return draw(*args, generator=generator, **options) * (calls[0] % 2 if generator is not None else 1)


torch.randn = no_direction
