"""torch.distributions, a loop over dimensions, tensors come back everywhere."""

from torch.distributions import Normal, kl_divergence


def active_units(mean, threshold=0.01):
    return sum((column.var(unbiased=False) > threshold).long() for column in mean.unbind(1))


def collapse_report(mean, log_std):
    prior = Normal(torch.tensor(0.0, dtype=mean.dtype), torch.tensor(1.0, dtype=mean.dtype))
    kl = torch.stack(
        [kl_divergence(Normal(m, s.exp()), prior).mean() for m, s in zip(mean.unbind(1), log_std.unbind(1))]
    )
    return dict(collapsed=torch.lt(kl, 0.01).int(), active=active_units(mean), kl=kl)
