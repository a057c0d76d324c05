"""All parameters' gradients in one vector; times turned to run upwards from -ts[-1]."""


def products(f, parameters, x, t, a):
    x = x.detach()
    with torch.enable_grad():
        x.requires_grad_()
        y = f(x, t)
        grads = torch.autograd.grad((y * a).sum(), (x, *parameters))
    return y.detach(), grads[0], torch.cat([g.reshape(-1) for g in grads[1:]])


def split_like(vector, parameters):
    found, at = [], 0
    for p in parameters:
        found.append(vector[at : at + p.numel()].reshape(p.shape))
        at += p.numel()
    return found


def euler_adjoint(f, parameters, path, ts, grad_end):
    a, total = grad_end, 0
    for k in reversed(range(len(ts) - 1)):
        _, by_x, by_parameters = products(f, parameters, path[k].clone(), ts[k], a)
        total = total + (ts[k + 1] - ts[k]) * by_parameters
        a = a + (ts[k + 1] - ts[k]) * by_x
    return a, split_like(total, parameters)


def adjoint_gradients(f, parameters, x_end, ts, grad_end):
    n = x_end.numel()

    def mirrored(joined, s):
        x, a = joined[:n].reshape(x_end.shape), joined[n : 2 * n].reshape(x_end.shape)
        y, by_x, by_parameters = products(f, parameters, x.clone(), -s, a)
        return torch.cat([-y.reshape(-1), by_x.reshape(-1), by_parameters])

    m = sum(p.numel() for p in parameters)
    start = torch.cat([x_end.reshape(-1), grad_end.reshape(-1), x_end.new_zeros(m)]).detach()
    end = odeint(mirrored, start, -ts.flip(0))[-1]
    return end[n : 2 * n].reshape(x_end.shape), split_like(end[2 * n :], parameters)
