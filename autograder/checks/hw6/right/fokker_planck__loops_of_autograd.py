"""Its own derivatives, one coordinate after the other."""


def fokker_planck_residual(log_prob, drift, diffusion, x, t):
    with torch.enable_grad():
        x = x.detach().clone().requires_grad_(True)
        t = t.detach().clone().requires_grad_(True)
        lp = log_prob(x, t)
        dx, dt = torch.autograd.grad(lp.sum(), (x, t), create_graph=True, allow_unused=True)
        f = drift(x, t)
        laplacian, div = 0.0, 0.0
        for i in range(x.shape[1]):
            second = torch.autograd.grad(dx[:, i].sum(), x, retain_graph=True, allow_unused=True)[0]
            laplacian = laplacian + second[:, i]
            div = div + torch.autograd.grad(f[:, i].sum(), x, retain_graph=True)[0][:, i]
        g = diffusion(t)
        result = dt + div + (f * dx).sum(1) - g**2 / 2 * (laplacian + (dx**2).sum(1))
    return result.detach()
