"""NumPy inside, weights relative to the largest one."""

import numpy as np


def vae_gap_report(x, encoder, log_joint, eps):
    mean, log_std = encoder(x)
    std = np.exp(log_std.numpy())
    z = mean.numpy() + std * eps.numpy()
    log_q = (-(((z - mean.numpy()) / std) ** 2) / 2 - np.log(std * np.sqrt(2 * np.pi))).sum(axis=2)
    log_w = log_joint(x, torch.from_numpy(z)).numpy() - log_q
    peak = log_w.max(axis=0)
    log_px = peak + np.log(np.exp(log_w - peak).mean(axis=0))
    return {"gap": np.maximum(log_px - log_w.mean(axis=0), 0), "elbo": log_w.mean(axis=0), "log_px": log_px}
