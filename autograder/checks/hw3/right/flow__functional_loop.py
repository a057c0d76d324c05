"""The flow as a fold over its layers, which it keeps under names of its own."""


class Flow(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.count = 0
        for layer in layers:
            self.add_module(f"step{self.count}", layer)
            self.count += 1

    def _run(self, point, names, method):
        pieces = []
        for name in names:
            point, piece = getattr(getattr(self, name), method)(point)
            pieces.append(piece)
        total = torch.stack(pieces).sum(0) if pieces else torch.zeros(len(point), dtype=point.dtype)
        return point, total

    def forward(self, x):
        return self._run(x, [f"step{k}" for k in range(self.count)], "forward")

    def inverse(self, z):
        return self._run(z, [f"step{k}" for k in range(self.count - 1, -1, -1)], "inverse")

    def log_prob(self, x):
        z, total = self.forward(x)
        flat = z.reshape(len(z), -1)
        return -0.5 * (flat * flat).sum(1) - 0.5 * flat.shape[1] * math.log(2 * math.pi) + total
