"""torch.distributions for both terms, two heads on a tanh network, positive scales through softplus."""

from torch.distributions import Bernoulli, Independent, Normal, kl_divergence


class VAE(nn.Module):
    def __init__(self, d_x, d_z, hidden, likelihood="gaussian"):
        super().__init__()
        if likelihood not in ("gaussian", "bernoulli"):
            raise ValueError(f"no such likelihood: {likelihood}")
        self.trunk = nn.Sequential(nn.Linear(d_x, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.mean_head, self.scale_head = nn.Linear(hidden, d_z), nn.Linear(hidden, d_z)
        self.decoder = nn.Sequential(nn.Linear(d_z, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.x_head = nn.Linear(hidden, d_x)
        self.gaussian = likelihood == "gaussian"
        if self.gaussian:
            self.x_scale = nn.Parameter(torch.full((1, d_x), 0.5))

    def encode(self, x):
        h = self.trunk(x)
        return self.mean_head(h), torch.log(F.softplus(self.scale_head(h)) + 1e-6)

    def decode(self, z):
        output = self.x_head(self.decoder(z))
        return (output, torch.log(F.softplus(self.x_scale))[0]) if self.gaussian else output

    def likelihood_of(self, z):
        if self.gaussian:
            mean, log_std = self.decode(z)
            return Independent(Normal(mean, log_std.exp()), 1)
        return Independent(Bernoulli(logits=self.decode(z)), 1)

    def loss(self, x, eps):
        mean, log_std = self.encode(x)
        q = Normal(mean, log_std.exp())
        rec = -self.likelihood_of(q.mean + q.stddev * eps).log_prob(x).mean()
        kl = kl_divergence(q, Normal(torch.zeros_like(mean), torch.ones_like(mean))).sum(1).mean()
        return dict(kl=kl, rec=rec, total=kl + rec)

    def sample(self, eps_z, eps_x):
        p = self.likelihood_of(eps_z).base_dist
        return p.mean + p.stddev * eps_x if self.gaussian else (eps_x < p.probs) * 1.0
