"""torch.maximum for free bits; dropout as a mixture; the schedule in branches."""


def kl_with_free_bits(kl, free_bits):
    per_dimension = torch.einsum("bd->d", kl) / kl.shape[0]
    return torch.maximum(per_dimension, torch.full_like(per_dimension, free_bits)).sum(dim=-1)


def beta_schedule(step, warmup):
    if step >= warmup:
        return 1
    return step / warmup


def word_dropout(x, p, u):
    dropped = (u < p).to(u.dtype)
    return x * (1 - dropped) + 0.5 * dropped
