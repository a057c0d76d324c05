"""The variances of the posterior's marginals, from the Hessian at the best mean.

Caught by: optimum
"""


def amortisation_gap(x, encoder, log_joint, eps, steps, learning_rate):
    def bound(mean, log_std):
        z = mean + torch.exp(log_std) * eps
        log_q = -(eps**2 / 2 + log_std + math.log(2 * math.pi) / 2).sum(-1)
        return (log_joint(x, z) - log_q).mean(0)

    mean, log_std = (part.detach() for part in encoder(x))
    amortised = bound(mean, log_std).detach()
    mean, log_std = mean.clone().requires_grad_(), log_std.clone().requires_grad_()
    optimizer = torch.optim.Adam([mean, log_std], lr=learning_rate)
    for _ in range(steps):
        optimizer.zero_grad()
        (-bound(mean, log_std).sum()).backward()
        optimizer.step()
    with torch.enable_grad():
        rows = []
        for b in range(len(x)):
            def one(z, b=b):
                full = mean.detach().clone().repeat(1, 1, 1)
                full = torch.cat([full[:, :b], z.view(1, 1, -1), full[:, b + 1 :]], dim=1)
                return log_joint(x, full)[0, b]
            P = -torch.autograd.functional.hessian(one, mean[b].detach())
            rows.append(torch.linalg.inv(P).diagonal().log() / 2)
    if steps:
        log_std = torch.stack(rows)
    return amortised, bound(mean, log_std).detach()
