"""torch.autograd.functional, one row at a time."""


def fokker_planck_residual(log_prob, drift, diffusion, x, t):
    rows = []
    for point, time in zip(x.detach(), t.detach()):
        def lp(a, s):
            return log_prob(a[None], s[None])[0]

        gradient, by_time = torch.autograd.functional.jacobian(lp, (point, time))
        hessian = torch.autograd.functional.hessian(lambda a: lp(a, time), point)
        J = torch.autograd.functional.jacobian(lambda a: drift(a[None], time[None])[0], point)
        f, g = drift(point[None], time[None])[0], diffusion(time[None])[0]
        rows.append(by_time + J.trace() + f @ gradient - g**2 / 2 * (hessian.trace() + gradient @ gradient))
    return torch.stack(rows).detach()
