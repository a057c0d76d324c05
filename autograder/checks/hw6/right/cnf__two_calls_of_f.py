"""Velocity and divergence from two calls, the base density by torch.distributions."""

from torch.distributions import Independent, Normal


def cnf_log_prob(f, x, ts, eps=None):
    D = x.shape[1]

    def slope(state, t):
        points = state[:, :D]
        return torch.cat([f(points, t), divergence(lambda p: f(p, t), points, eps).unsqueeze(1)], 1)

    state = torch.cat([x, x.new_zeros(x.shape[0], 1)], 1)
    last = odeint(slope, state, torch.flip(ts, (0,)), "rk4")[-1]
    z = last[:, :D]
    base = Independent(Normal(torch.zeros(D, dtype=x.dtype), 1.0), 1)
    return base.log_prob(z) + last[:, D], z
