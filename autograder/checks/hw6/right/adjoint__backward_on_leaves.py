"""Copies of the states as leaves and `backward`; gradients that the parameters had are put back."""


def one_product(f, parameters, x, t, a):
    kept = [p.grad for p in parameters]
    for p in parameters:
        p.grad = None
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        value = f(leaf, t)
        (value * a.detach()).sum().backward()
    products = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    for p, grad in zip(parameters, kept):
        p.grad = grad
    return value.detach(), leaf.grad, products


def euler_adjoint(f, parameters, path, ts, grad_end):
    a = grad_end.detach().clone()
    gradients = [torch.zeros_like(p) for p in parameters]
    steps = list(zip(path[:-1], ts[:-1], ts[1:]))
    for x, t, after in steps[::-1]:
        _, by_x, products = one_product(f, parameters, x, t, a)
        for total, product in zip(gradients, products):
            total += (after - t) * product
        a = a + (after - t) * by_x
    return a, gradients


def adjoint_gradients(f, parameters, x_end, ts, grad_end):
    shapes = [x_end.shape, x_end.shape] + [p.shape for p in parameters]
    numbers = [math.prod(shape) for shape in shapes]

    def unpack(vector):
        return [piece.view(shape) for piece, shape in zip(torch.split(vector, numbers), shapes)]

    def field(vector, t):
        x, a, *_ = unpack(vector)
        velocity, by_x, products = one_product(f, parameters, x, t, a)
        return torch.cat([part.reshape(-1) for part in (velocity, -by_x, *[-p for p in products])])

    first = [x_end, grad_end] + [torch.zeros_like(p) for p in parameters]
    start = torch.cat([part.detach().reshape(-1) for part in first])
    end = odeint(field, start, torch.flip(ts, [0]), method="rk4")[-1]
    _, a, *gradients = unpack(end)
    return a, gradients
