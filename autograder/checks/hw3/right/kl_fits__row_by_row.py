"""Losses as averages of numbers, row by row."""


def forward_kl_loss(flow, x):
    z, log_det = flow.forward(x)
    rows = []
    for row, change in zip(z, log_det):
        rows.append(0.5 * (row**2).sum() + 0.5 * row.numel() * math.log(2 * math.pi) - change)
    return torch.stack(rows).mean()


def reverse_kl_loss(flow, log_target, z):
    x, log_det = flow.inverse(z)
    rows = []
    for row, change, target in zip(z, log_det, log_target(x)):
        rows.append(-0.5 * (row**2).sum() - 0.5 * row.numel() * math.log(2 * math.pi) - change - target)
    return sum(rows) / len(rows)
