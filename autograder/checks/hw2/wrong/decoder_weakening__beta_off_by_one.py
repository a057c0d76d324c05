"""The weight starts at 1 / warmup.

Caught by: beta_schedule
"""


def beta_schedule(step, warmup):
    return min(1.0, (step + 1) / warmup) if warmup else 1.0
