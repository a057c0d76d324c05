"""Not a subclass: the flow is a part; one hidden layer; NumPy for the masks."""


def checkerboard_masks(height, width, n_layers):
    board = np.indices((height, width)).sum(axis=0) % 2 == 0
    return torch.from_numpy(np.stack([board.reshape(-1) if k % 2 == 0 else ~board.reshape(-1) for k in range(n_layers)]))


class RealNVP(nn.Module):
    def __init__(self, masks, hidden):
        super().__init__()
        self.flow = Flow([AffineCoupling(mask, self.network(mask, hidden)) for mask in masks])

    @staticmethod
    def network(mask, hidden):
        first = nn.Linear(int(mask.sum()), hidden)
        last = nn.Linear(hidden, 2 * int(len(mask) - mask.sum()))
        with torch.no_grad():
            last.weight.fill_(0)
            last.bias.fill_(0)
        return nn.Sequential(first, nn.LeakyReLU(0.1), last)

    def forward(self, x):
        return self.flow(x)

    def inverse(self, z):
        return self.flow.inverse(z)

    def log_prob(self, x):
        return self.flow.log_prob(x)

    def sample(self, z):
        with torch.no_grad():
            return self.flow.inverse(z)[0]
