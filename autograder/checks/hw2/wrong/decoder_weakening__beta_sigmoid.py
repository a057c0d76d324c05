"""A sigmoid in place of a line.

Caught by: beta_schedule
"""


def beta_schedule(step, warmup):
    return 1 / (1 + math.exp(-10 * (step / warmup - 0.5))) if warmup else 1.0
