"""No case for warmup = 0.

Caught by: beta_schedule
"""


def beta_schedule(step, warmup):
    return min(1.0, step / warmup)
