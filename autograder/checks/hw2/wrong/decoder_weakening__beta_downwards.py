"""The weight falls from 1 to 0.

Caught by: beta_schedule
"""


def beta_schedule(step, warmup):
    return max(0.0, 1 - step / warmup) if warmup else 1.0
