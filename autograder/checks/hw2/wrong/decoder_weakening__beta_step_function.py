"""0 during the warm-up, 1 after it.

Caught by: beta_schedule
"""


def beta_schedule(step, warmup):
    return 0.0 if step < warmup else 1.0
