"""The decoder gives a log_std for every z; own formulas with variances; log-sigmoids; extra entries in the dictionary."""


class VAE(nn.Module):
    def __init__(self, d_x, d_z, hidden, likelihood="gaussian"):
        super().__init__()
        if likelihood not in ("gaussian", "bernoulli"):
            raise ValueError(f"no such likelihood: {likelihood}")
        self.likelihood, self.d_z = likelihood, d_z
        self.q1, self.q2 = nn.Linear(d_x, hidden), nn.Linear(hidden, 2 * d_z)
        self.p1, self.p2 = nn.Linear(d_z, hidden), nn.Linear(hidden, d_x if likelihood == "bernoulli" else 2 * d_x)

    def encode(self, x):
        h = self.q2(F.elu(self.q1(x)))
        return h[:, : self.d_z], h[:, self.d_z :]

    def decode(self, z):
        h = self.p2(F.elu(self.p1(z)))
        return h if self.likelihood == "bernoulli" else torch.split(h, h.shape[-1] // 2, dim=-1)

    def loss(self, x, eps):
        mean, log_std = self.encode(x)
        z = torch.addcmul(mean, log_std.exp(), eps)
        if self.likelihood == "bernoulli":
            logits = self.decode(z)
            log_px = x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)
        else:
            x_mean, x_log_std = self.decode(z)
            log_px = -((x - x_mean) ** 2 / (2 * torch.exp(2 * x_log_std))) - x_log_std - math.log(2 * math.pi) / 2
        variance = torch.exp(2 * log_std)
        kl = torch.einsum("bd->", variance + mean**2 - 1 - torch.log(variance)) / (2 * len(x))
        rec = -torch.einsum("bd->", log_px) / len(x)
        return {"total": rec + kl, "rec": rec, "kl": kl, "elbo": -(rec + kl)}

    def sample(self, eps_z, eps_x):
        with torch.no_grad():
            if self.likelihood == "bernoulli":
                return torch.where(torch.logit(eps_x) < self.decode(eps_z), 1.0, 0.0)
            mean, log_std = self.decode(eps_z)
            return torch.addcmul(mean, log_std.exp(), eps_x)
