"""The divergence data point by data point, without the constants that cancel."""


class FlowPrior(nn.Module):
    def __init__(self, flow):
        super().__init__()
        self.flow = flow

    def log_prob(self, z):
        noise, log_det = self.flow(z)
        total = log_det
        for j in range(z.shape[1]):
            total = total - 0.5 * noise[:, j] * noise[:, j] - 0.5 * math.log(2 * math.pi)
        return total

    def sample(self, eps):
        return self.flow.inverse(eps)

    def kl(self, mean, log_std, eps):
        z = mean + log_std.exp() * eps
        noise, log_det = self.flow(z)
        return torch.stack(
            [
                0.5 * (noise[b] ** 2).sum() - log_det[b] - 0.5 * (eps[b] ** 2).sum() - log_std[b].sum()
                for b in range(len(z))
            ]
        )
