"""torch.distributions.Binomial, tensors."""

from torch.distributions import Binomial


def iwae_two_point(p, a, b, K):
    j = torch.arange(K + 1, dtype=torch.float64)
    chance = Binomial(K, probs=torch.tensor(p, dtype=torch.float64)).log_prob(j).exp()
    return (chance * torch.log((j * a + (K - j) * b) / K)).sum()
