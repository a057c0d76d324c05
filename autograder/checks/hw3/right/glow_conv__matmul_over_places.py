"""Places become rows; masks keep the triangles; triangular systems are solved one by one."""


class InvertibleConv1x1(nn.Module):
    def __init__(self, channels, generator=None):
        super().__init__()
        Q, R = torch.linalg.qr(torch.randn(channels, channels, generator=generator))
        P, L, U = torch.linalg.lu(Q * torch.sign(torch.diagonal(R)))
        s = torch.diagonal(U)
        self.register_buffer("perm", P)
        self.register_buffer("signs", torch.sign(s))
        self.register_buffer("below", torch.tril(torch.ones(channels, channels), -1))
        self.lower, self.upper = nn.Parameter(L * self.below), nn.Parameter(U * self.below.T)
        self.size = nn.Parameter(torch.log(torch.abs(s)))

    def factors(self):
        identity = torch.eye(self.below.shape[0]).to(self.lower)
        return self.perm, self.lower * self.below + identity, self.upper * self.below.T, self.signs * self.size.exp()

    def forward(self, x):
        P, L, U, s = self.factors()
        rows = x.permute(0, 2, 3, 1)
        rows = rows @ (U + torch.diag(s)).T @ L.T @ P.T
        places = x.shape[2] * x.shape[3]
        return rows.permute(0, 3, 1, 2), places * self.size.sum() * x.new_ones(x.shape[0])

    def inverse(self, z):
        P, L, U, s = self.factors()
        columns = z.flatten(2)
        columns = torch.linalg.solve(L, P.T @ columns)
        columns = torch.linalg.solve(U + torch.diag(s), columns)
        places = z.shape[2] * z.shape[3]
        return columns.reshape(z.shape), -places * self.size.sum() * z.new_ones(z.shape[0])
