"""P and the signs are parameters that are not trained; NumPy makes the matrix, from a seed that the generator draws."""


def random_rotation(channels, generator):
    seed = int(torch.randint(2**31 - 1, (1,), generator=generator))
    a = np.random.default_rng(seed).standard_normal((channels, channels))
    return torch.tensor(np.linalg.qr(a)[0], dtype=torch.get_default_dtype())


class InvertibleConv1x1(nn.Module):
    def __init__(self, channels, generator=None):
        super().__init__()
        P, L, U = torch.linalg.lu(random_rotation(channels, generator))
        self.P = nn.Parameter(P, requires_grad=False)
        self.sign = nn.Parameter(torch.diag(U).sgn(), requires_grad=False)
        self.L, self.U = nn.Parameter(L.tril(-1)), nn.Parameter(U.triu(1))
        self.log_s = nn.Parameter(torch.diag(U).abs().log())

    def factors(self):
        L = self.L.tril(-1)
        return self.P.detach(), L + torch.diag(torch.ones_like(self.log_s)), self.U.triu(1), self.sign * self.log_s.exp()

    def forward(self, x):
        P, L, U, s = self.factors()
        W = torch.linalg.multi_dot([P, L, U + torch.diag(s)])
        B, C, H, width = x.shape
        return (W @ x.reshape(B, C, H * width)).reshape(x.shape), (H * width * self.log_s.sum()).expand(B)

    def inverse(self, z):
        P, L, U, s = self.factors()
        B, C, H, width = z.shape
        y = P.T @ z.reshape(B, C, H * width)
        y = torch.linalg.solve_triangular(L, y, upper=False)
        y = torch.linalg.solve_triangular(U + torch.diag(s), y, upper=True)
        return y.reshape(z.shape), (-H * width * self.log_s.sum()).expand(B)
