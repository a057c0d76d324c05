"""free_bits + relu(kl - free_bits); NumPy for the rest."""

import numpy as np


def kl_with_free_bits(kl, free_bits):
    return F.relu(kl.mean(dim=0) - free_bits).sum() + kl.shape[1] * free_bits


def beta_schedule(step, warmup):
    return np.interp(step, [0, warmup], [0.0, 1.0]) if warmup > 0 else np.float64(1)


def word_dropout(x, p, u):
    seen = np.array(x, dtype=np.float32)
    seen[np.asarray(u) < p] = 0.5
    return torch.from_numpy(seen)
