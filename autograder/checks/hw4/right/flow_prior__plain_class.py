"""Not a module; the flow in a list; constants at the end."""


class FlowPrior:
    def __init__(self, flow):
        self.parts = [flow]

    def parameters(self):
        return self.parts[0].parameters()

    def log_prob(self, z):
        noise, log_det = self.parts[0](z)
        d = z.shape[-1]
        return log_det - (noise.pow(2).sum(-1) + d * math.log(2 * math.pi)) / 2

    def sample(self, eps):
        with torch.no_grad():
            return self.parts[0].inverse(eps)

    def kl(self, mean, log_std, eps):
        z = mean + torch.exp(log_std) * eps
        entropy_like = -(eps.pow(2).sum(-1) / 2 + log_std.sum(-1) + z.shape[-1] / 2 * math.log(2 * math.pi))
        return entropy_like - self.log_prob(z)
