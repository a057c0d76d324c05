"""The second result is the gap.

Caught by: amortised
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
    return amortised, bound(mean, log_std).detach() - amortised
