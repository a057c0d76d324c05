"""`torch.distributions` for both."""

from torch.distributions import Normal, kl_divergence


def gaussian_kl(mean1, log_std1, mean2=0.0, log_std2=0.0):
    mean2, log_std2 = (torch.as_tensor(part, dtype=mean1.dtype) for part in (mean2, log_std2))
    return kl_divergence(Normal(mean1, log_std1.exp()), Normal(mean2, log_std2.exp()))


def gaussian_nll(x, mean, log_std):
    return -Normal(mean, torch.exp(log_std)).log_prob(x)
