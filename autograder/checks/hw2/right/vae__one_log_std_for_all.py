"""Separate encoders, one log_std for all coordinates, sums by torch's own losses, samples of dtype bool."""


class VAE(nn.Module):
    def __init__(self, d_x, d_z, hidden, likelihood="gaussian"):
        super().__init__()
        if likelihood not in ("gaussian", "bernoulli"):
            raise ValueError(f"no such likelihood: {likelihood}")
        self.likelihood = likelihood
        self.encoder_mean = self.network(d_x, hidden, d_z)
        self.encoder_log_std = self.network(d_x, hidden, d_z)
        self.decoder = self.network(d_z, hidden, d_x)
        self.noise = nn.Parameter(torch.zeros(()))

    @staticmethod
    def network(inputs, hidden, outputs):
        return nn.Sequential(nn.Linear(inputs, hidden), nn.SiLU(), nn.Linear(hidden, outputs))

    def encode(self, x):
        return [self.encoder_mean(x), self.encoder_log_std(x)]

    def decode(self, z):
        if self.likelihood == "bernoulli":
            return self.decoder(z)
        return self.decoder(z), self.noise

    def loss(self, x, eps):
        means, log_stds = self.encode(x)
        output = self.decode(means + torch.exp(log_stds) * eps)
        if self.likelihood == "bernoulli":
            rec = F.binary_cross_entropy_with_logits(output, x, reduction="sum")
        else:
            var = torch.exp(2 * output[1])
            rec = F.gaussian_nll_loss(output[0], x, var.expand_as(x), full=True, eps=1e-12, reduction="sum")
        kl = -torch.sum(1 + 2 * log_stds - means.pow(2) - (2 * log_stds).exp()) / 2
        return {"rec": rec / len(x), "kl": kl / len(x), "total": (rec + kl) / len(x)}

    def sample(self, eps_z, eps_x):
        if self.likelihood == "bernoulli":
            return eps_x < torch.special.expit(self.decode(eps_z))
        mean, log_std = self.decode(eps_z)
        return mean + log_std.exp() * eps_x
