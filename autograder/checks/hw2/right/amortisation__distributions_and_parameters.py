"""torch.distributions, parameters wrapped in nn.Parameter, the mean as the loss."""

from torch.distributions import Independent, Normal


def amortisation_gap(x, encoder, log_joint, eps, steps, learning_rate):
    def elbo_of(mean, log_std):
        q = Independent(Normal(mean, log_std.exp()), 1)
        z = q.mean + q.stddev * eps
        return torch.mean(log_joint(x, z) - q.log_prob(z), dim=0)

    parameters = [nn.Parameter(part.detach().clone()) for part in encoder(x)]
    before = elbo_of(*parameters).detach()
    optimiser = torch.optim.Adam(parameters, lr=learning_rate, maximize=True)
    for _ in range(steps):
        optimiser.zero_grad()
        elbo_of(*parameters).mean().backward(inputs=parameters)
        optimiser.step()
    return [before, elbo_of(*parameters).detach()]
