"""The potential from the right, with zero at the last point."""


def line_duality(p, q, x):
    P, Q = torch.cumsum(p, 0), torch.cumsum(q, 0)
    gaps = x[1:] - x[:-1]
    drop = torch.sign(P - Q)[:-1] * gaps
    f = torch.flip(torch.cumsum(torch.flip(drop, [0]), 0), [0])
    f = torch.cat([f, torch.zeros(1, dtype=f.dtype)])
    return torch.sum((p - q) * f), f
