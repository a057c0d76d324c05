"""The field of the way back, in a time that rises."""


def cnf_log_prob(f, x, ts, eps=None):
    def back(state, s):
        at = state[:, 1:]
        return torch.cat([divergence(lambda p: f(p, -s), at, eps)[:, None], -f(at, -s)], dim=1)

    first = torch.nn.functional.pad(x, (1, 0))
    final = odeint(back, first, -ts.flip(0), method="rk4")[-1]
    gained, z = final[:, 0], final[:, 1:]
    return -(z * z).sum(1) / 2 - z.shape[1] / 2 * math.log(2 * math.pi) - gained, z
