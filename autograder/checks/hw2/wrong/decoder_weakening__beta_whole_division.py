"""Whole division: a jump from 0 to 1.

Caught by: beta_schedule
"""


def beta_schedule(step, warmup):
    return min(1.0, float(step // warmup)) if warmup else 1.0
