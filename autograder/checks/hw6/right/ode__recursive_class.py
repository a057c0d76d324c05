"""A class with a method for each rule, and recursion over the times."""


class Solver:
    def __init__(self, f):
        self.f = f

    def euler(self, x, t, h):
        return x + h * self.f(x, t)

    def midpoint(self, x, t, h):
        return x + h * self.f(self.euler(x, t, h / 2), t + h / 2)

    def rk4(self, x, t, h):
        f = self.f
        k1 = h * f(x, t)
        k2 = h * f(x + k1 / 2, t + h / 2)
        k3 = h * f(x + k2 / 2, t + h / 2)
        k4 = h * f(x + k3, t + h)
        return x + (k1 + 2 * (k2 + k3) + k4) / 6


def odeint(f, x0, ts, method="rk4"):
    if method not in {"euler", "midpoint", "rk4"}:
        raise ValueError(method)
    if len(ts) == 1:
        return torch.stack([x0])
    after = getattr(Solver(f), method)(x0, ts[0], ts[1] - ts[0])
    return torch.cat([x0.unsqueeze(0), odeint(f, after, ts[1:], method)])
