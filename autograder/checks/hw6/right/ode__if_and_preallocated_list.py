"""One loop with branches, steps by index."""


def odeint(f, x0, ts, method="rk4"):
    if method not in ["euler", "midpoint", "rk4"]:
        raise ValueError("unknown method " + str(method))
    states = [x0]
    for k in range(len(ts) - 1):
        x, t, h = states[-1], ts[k], ts[k + 1] - ts[k]
        if method == "euler":
            step = f(x, t)
        elif method == "midpoint":
            half = x + 0.5 * h * f(x, t)
            step = f(half, t + 0.5 * h)
        else:
            a = f(x, t)
            b = f(x + 0.5 * h * a, t + 0.5 * h)
            c = f(x + 0.5 * h * b, t + 0.5 * h)
            d = f(x + h * c, ts[k + 1])
            step = a / 6 + b / 3 + c / 3 + d / 6
        states.append(x + h * step)
    return torch.stack(states, dim=0)
