"""A flow is its first layer, and a flow of the others."""


class Flow(nn.Module):
    def __init__(self, layers):
        super().__init__()
        layers = list(layers)
        self.first = layers[0] if layers else None
        self.rest = Flow(layers[1:]) if layers else None

    def forward(self, x):
        if self.first is None:
            return x, x.new_zeros(x.shape[:1])
        h, here = self.first(x)
        z, later = self.rest(h)
        return z, here + later

    def inverse(self, z):
        if self.first is None:
            return z, z.new_zeros(z.shape[:1])
        h, later = self.rest.inverse(z)
        x, here = self.first.inverse(h)
        return x, here + later

    def log_prob(self, x):
        z, log_det = self.forward(x)
        dimensions = tuple(range(1, z.dim()))
        return log_det - 0.5 * (z.pow(2) + math.log(2 * math.pi)).sum(dim=dimensions)
