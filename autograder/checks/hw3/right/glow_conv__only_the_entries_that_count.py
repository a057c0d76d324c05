"""As many parameters as there are free entries."""


class InvertibleConv1x1(nn.Module):
    def __init__(self, channels, generator=None):
        super().__init__()
        gaussian = torch.randn(channels, channels, generator=generator, dtype=torch.float64)
        left, _, right = torch.linalg.svd(gaussian)
        P, L, U = (part.float() for part in torch.linalg.lu(left @ right))
        self.C = channels
        self.index = torch.tril_indices(channels, channels, -1)
        self.register_buffer("P", P)
        self.register_buffer("sign", U.diag().sign())
        self.free_L = nn.Parameter(L[self.index[0], self.index[1]])
        self.free_U = nn.Parameter(U.T[self.index[0], self.index[1]])
        self.log_abs_s = nn.Parameter(U.diag().abs().log())

    def factors(self):
        blank = torch.zeros(self.C, self.C, dtype=self.free_L.dtype)
        L = blank.index_put(tuple(self.index), self.free_L) + torch.eye(self.C, dtype=self.free_L.dtype)
        U = blank.index_put(tuple(self.index), self.free_U).T
        return self.P, L, U, self.sign * self.log_abs_s.exp()

    def forward(self, x):
        P, L, U, s = self.factors()
        W = P @ L @ (U + torch.diag(s))
        z = (W @ x.reshape(len(x), self.C, -1)).reshape(x.shape)
        return z, torch.full((len(x),), float(x.shape[2] * x.shape[3]), dtype=x.dtype) * s.abs().log().sum()

    def inverse(self, z):
        P, L, U, s = self.factors()
        W = P @ L @ (U + torch.diag(s))
        x = torch.linalg.solve(W, z.reshape(len(z), self.C, -1)).reshape(z.shape)
        return x, -torch.full((len(z),), float(z.shape[2] * z.shape[3]), dtype=z.dtype) * s.abs().log().sum()
