"""The weight starts again after the warm-up.

Caught by: beta_schedule
"""


def beta_schedule(step, warmup):
    return (step % warmup) / warmup if warmup else 1.0
