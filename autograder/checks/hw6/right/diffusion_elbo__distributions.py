"""torch.distributions for every density and divergence."""

from torch.distributions import Normal, kl_divergence


def path_log_ratio(path, reverse, log_prior, alpha_bars):
    T, B = len(path) - 1, path.shape[1]
    total = log_prior(path[T])
    for t in range(T, 0, -1):
        mean, variance = reverse(path[t], torch.full((B,), t))
        alpha = alpha_bars[t] / alpha_bars[t - 1]
        p = Normal(mean, torch.as_tensor(variance).sqrt())
        q = Normal(alpha.sqrt() * path[t - 1], (1 - alpha).sqrt())
        total = total + p.log_prob(path[t - 1]).sum(1) - q.log_prob(path[t]).sum(1)
    return total


def vlb_terms(model, x0, eps, alpha_bars):
    T, B = len(eps), len(x0)
    out = []
    for t in range(1, T + 1):
        times = torch.full((B,), t)
        xt = q_sample(x0, times, eps[t - 1], alpha_bars)
        x0_hat = (xt - (1 - alpha_bars[t]).sqrt() * model(xt, times)) / alpha_bars[t].sqrt()
        if t == 1:
            out.append(-Normal(x0_hat, (1 - alpha_bars[1]).sqrt()).log_prob(x0).sum(-1))
            continue
        mean, variance = q_posterior(x0, xt, times, alpha_bars)
        mean_hat, _ = q_posterior(x0_hat, xt, times, alpha_bars)
        std = variance.sqrt()
        out.append(kl_divergence(Normal(mean, std), Normal(mean_hat, std)).sum(-1))
    last = Normal(alpha_bars[T].sqrt() * x0, (1 - alpha_bars[T]).sqrt())
    out.append(kl_divergence(last, Normal(torch.zeros_like(x0), 1.0)).sum(-1))
    return torch.stack(out)
