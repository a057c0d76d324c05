"""forward writes into a tensor in place: it carries no gradient, and none is asked for."""


class IAF(nn.Module):
    def __init__(self, net, order):
        super().__init__()
        self.net, self.order = net, list(map(int, order))

    def inverse(self, z):
        params = self.net(z)
        std = torch.exp(params[:, :, 1])
        return params[:, :, 0] + std * z, torch.log(std).sum(1)

    @torch.no_grad()
    def forward(self, x):
        z, log_det = torch.empty_like(x).fill_(0), torch.zeros(len(x), dtype=x.dtype)
        for i in self.order:
            params = self.net(z)[:, i, :]
            z[:, i] = (x[:, i] - params[:, 0]) / torch.exp(params[:, 1])
            log_det -= params[:, 1]
        return z, log_det
