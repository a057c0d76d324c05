"""The base as a multivariate normal of torch; sums begin with the number 0."""


class Flow(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.steps = nn.Sequential(*layers)

    def forward(self, x):
        log_dets = 0
        for step in self.steps:
            x, log_det = step(x)
            log_dets = log_dets + log_det
        return x, log_dets + torch.zeros(len(x), dtype=x.dtype)

    def inverse(self, z):
        log_dets = 0
        for step in list(self.steps)[::-1]:
            z, log_det = step.inverse(z)
            log_dets = log_dets + log_det
        return z, log_dets + torch.zeros(len(z), dtype=z.dtype)

    def log_prob(self, x):
        z, log_det = self(x)
        z = torch.flatten(z, 1)
        base = torch.distributions.MultivariateNormal(torch.zeros_like(z[0]), torch.eye(z.shape[1], dtype=z.dtype))
        return base.log_prob(z) + log_det
