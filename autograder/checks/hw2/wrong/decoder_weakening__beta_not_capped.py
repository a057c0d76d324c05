"""The weight grows beyond 1.

Caught by: beta_schedule
"""


def beta_schedule(step, warmup):
    return step / warmup if warmup else 1.0
