"""No odeint: tuples of tensors, and Runge-Kutta steps of its own."""


def vjp(f, parameters, x, t, a):
    with torch.enable_grad():
        x = x.detach().clone().requires_grad_(True)
        y = f(x, t)
        grads = torch.autograd.grad(y, [x] + list(parameters), grad_outputs=a, allow_unused=True)
    grads = [torch.zeros_like(p) if g is None else g for g, p in zip(grads, [x] + list(parameters))]
    return [y.detach()] + grads


def euler_adjoint(f, parameters, path, ts, grad_end):
    a, totals = grad_end.clone(), [0.0] * len(parameters)
    for k in range(len(ts) - 2, -1, -1):
        h = (ts[k + 1] - ts[k]).item()
        parts = vjp(f, parameters, path[k], ts[k], a)
        totals = [total + h * part for total, part in zip(totals, parts[2:])]
        a = a + h * parts[1]
    return a, totals


def adjoint_gradients(f, parameters, x_end, ts, grad_end):
    state = [x_end.detach(), grad_end] + [torch.zeros_like(p) for p in parameters]

    def slope(state, t):
        y, *grads = vjp(f, parameters, state[0], t, state[1])
        return [y] + [-g for g in grads]

    def moved(state, by, slopes):
        return [s + by * v for s, v in zip(state, slopes)]

    for k in range(len(ts) - 1, 0, -1):
        t, h = ts[k], ts[k - 1] - ts[k]
        k1 = slope(state, t)
        k2 = slope(moved(state, h / 2, k1), t + h / 2)
        k3 = slope(moved(state, h / 2, k2), t + h / 2)
        k4 = slope(moved(state, h, k3), t + h)
        state = [s + h / 6 * (a + 2 * b + 2 * c + d) for s, a, b, c, d in zip(state, k1, k2, k3, k4)]
    return state[1].detach(), [g.detach() for g in state[2:]]
