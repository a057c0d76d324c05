"""The equation for p itself, divided by p."""


def fokker_planck_residual(log_prob, drift, diffusion, x, t):
    with torch.enable_grad():
        x, t = x.detach().requires_grad_(), t.detach().requires_grad_()
        reference = log_prob(x, t).detach()

        def density(x, t):
            return torch.exp(log_prob(x, t) - reference)

        (by_time,) = torch.autograd.grad(density(x, t).sum(), t, create_graph=True)
        transport = divergence(lambda at: drift(at, t) * density(at, t)[:, None], x)

        def gradient(at):
            at = at if at.requires_grad else at.requires_grad_()
            return torch.autograd.grad(density(at, t).sum(), at, create_graph=True)[0]

        return by_time + transport - 0.5 * diffusion(t) ** 2 * divergence(gradient, x)
