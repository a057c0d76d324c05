"""A loop over dimensions; clone and masked fill; a tensor for the schedule."""


def kl_with_free_bits(kl, free_bits):
    total = 0
    for j in range(kl.shape[1]):
        average = kl[:, j].mean()
        total = total + (average if average > free_bits else free_bits)
    return torch.as_tensor(total, dtype=kl.dtype)


def beta_schedule(step, warmup):
    return torch.clamp(torch.tensor(step / warmup, dtype=torch.float64), max=1.0) if warmup else torch.tensor(1.0)


def word_dropout(x, p, u):
    return x.clone().float().masked_fill(u < p, 0.5)
