"""float32 inside, a loop over the grid points for the KL, and parameters in an nn.Module."""


def kl_grid(log_p, log_q, dx):
    total = 0.0
    for a, b in zip(log_p.float(), log_q.float()):
        if a > -float("inf"):
            total = total + a.exp() * (a - b) * dx
    return total


class Bell(nn.Module):
    def __init__(self, mean, log_std):
        super().__init__()
        self.mean = nn.Parameter(torch.tensor(mean, dtype=torch.float32))
        self.log_std = nn.Parameter(torch.tensor(log_std, dtype=torch.float32))

    def forward(self, x):
        return -((x - self.mean) ** 2) / (2 * (2 * self.log_std).exp()) - self.log_std - 0.9189385332


def fit_gaussian(log_p, grid, direction, mean0, log_std0, steps=1000, learning_rate=0.05):
    if direction not in ["forward", "reverse"]:
        raise ValueError("forward or reverse?")
    bell, x, target = Bell(mean0, log_std0), grid.float(), log_p.float()
    for _ in range(steps):
        log_q = bell(x)
        a, b = (target, log_q) if direction == "forward" else (log_q, target)
        loss = (a.exp() * (a - b)).sum() * (x[1] - x[0])
        bell.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in bell.parameters():
                parameter -= learning_rate * parameter.grad
    return bell.mean.detach(), bell.log_std.detach().exp()
