"""With warmup = 0 the weight is 0 at step 0.

Caught by: beta_schedule
"""


def beta_schedule(step, warmup):
    return min(1.0, step / max(warmup, 1))
