"""A frozen deep copy of the critic."""

import copy


def avb_losses(encoder, critic, log_likelihood, x, eps, z_prior):
    z = encoder(x, eps)
    h = torch.cat([critic(x, z.detach()), -critic(x, z_prior)])
    frozen = copy.deepcopy(critic)
    for parameter in frozen.parameters():
        parameter.requires_grad_(False)
    return -2 * F.logsigmoid(h).mean(), frozen(x, z).mean() - log_likelihood(x, z).mean()
