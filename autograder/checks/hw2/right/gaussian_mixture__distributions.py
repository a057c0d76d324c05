"""`torch.distributions.MixtureSameFamily` for the likelihood, moments as E[x x'] - mean mean'."""

from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal


def e_step(X, pi, mean, cov):
    log_joint = Categorical(pi).logits + MultivariateNormal(mean, covariance_matrix=cov).log_prob(X.unsqueeze(1))
    return torch.exp(log_joint - log_joint.logsumexp(1, keepdim=True))


def m_step(X, R):
    weight = R / R.sum(0)
    mean = weight.T @ X
    second = torch.einsum("nk,ni,nj->kij", weight, X, X)
    return R.mean(0), mean, second - mean[:, :, None] * mean[:, None, :]


def em(X, pi, mean, cov, steps):
    values = torch.zeros(steps + 1, dtype=X.dtype)
    for t in range(steps + 1):
        if t > 0:
            pi, mean, cov = m_step(X, e_step(X, pi, mean, cov))
        values[t] = MixtureSameFamily(Categorical(pi), MultivariateNormal(mean, cov)).log_prob(X).mean()
    return pi, mean, cov, values
