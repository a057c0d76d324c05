"""torch.distributions for both Gaussians; the flow under another name."""


class FlowPrior(nn.Module):
    def __init__(self, flow):
        super().__init__()
        self.to_noise = flow

    def log_prob(self, z):
        u, volume = self.to_noise(z)
        base = torch.distributions.Normal(torch.zeros_like(u), torch.ones_like(u))
        return base.log_prob(u).sum(dim=-1) + volume

    def sample(self, eps):
        return self.to_noise.inverse(eps).detach()

    def kl(self, mean, log_std, eps):
        q = torch.distributions.Normal(mean, log_std.exp())
        z = torch.addcmul(mean, q.scale, eps)
        return q.log_prob(z).sum(dim=-1) - self.log_prob(z)
