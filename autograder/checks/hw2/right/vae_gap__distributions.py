"""torch.distributions for q; a loop over draws; running log-add-exp."""

import numpy as np
from torch.distributions import Independent, Normal


def vae_gap_report(x, encoder, log_joint, eps):
    mean, log_std = encoder(x)
    q = Independent(Normal(mean, torch.exp(log_std)), 1)
    log_sum, total = torch.full(x.shape[:1], -math.inf, dtype=eps.dtype), torch.zeros(len(x), dtype=eps.dtype)
    for noise in eps:
        z = q.mean + q.stddev * noise
        log_w = log_joint(x, z.unsqueeze(0)).squeeze(0) - q.log_prob(z)
        log_sum, total = torch.logaddexp(log_sum, log_w), total + log_w
    K = eps.shape[0]
    return dict(log_px=log_sum - np.log(K), elbo=total / K, gap=log_sum - np.log(K) - total / K, K=K)
